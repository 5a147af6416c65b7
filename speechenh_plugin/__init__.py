"""DeepDenoise: a speech denoiser for pedalboard boards and for any VST3 host."""

from .effect import DeepDenoise
from .store import ModelInfo, models

__all__ = ["DeepDenoise", "ModelInfo", "models"]
