"""DeepDenoise: a speech denoiser for pedalboard boards, for arrays, streams and files, and for any VST3 host."""

from .audio.files import FileReport, denoise_file, process_file
from .effect import DeepDenoise
from .errors import AudioFileError, AudioWriteError
from .store import ModelInfo, models
from .stream import Stream, denoise

__version__ = "0.2.0"

__all__ = [
    "AudioFileError",
    "AudioWriteError",
    "DeepDenoise",
    "FileReport",
    "ModelInfo",
    "Stream",
    "__version__",
    "denoise",
    "denoise_file",
    "models",
    "process_file",
]
