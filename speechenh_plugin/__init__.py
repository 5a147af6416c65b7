"""DeepDenoise: a speech denoiser for pedalboard boards and for any VST3 host."""

from .audio.files import FileReport, denoise, denoise_file, process_file
from .effect import DeepDenoise
from .errors import AudioFileError, AudioWriteError
from .store import ModelInfo, models

__all__ = [
    "AudioFileError",
    "AudioWriteError",
    "DeepDenoise",
    "FileReport",
    "ModelInfo",
    "denoise",
    "denoise_file",
    "models",
    "process_file",
]
