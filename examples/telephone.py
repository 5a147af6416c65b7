"""A telephone call: 8 kHz, 300 to 3400 Hz, through a GSM codec: python examples/telephone.py [IN] [OUT].

The denoiser takes any rate; the resampling around it is what a telephone line does.
"""

import sys
from pathlib import Path

import numpy as np
from pedalboard import GSMFullRateCompressor, HighpassFilter, LowpassFilter, Pedalboard
from pedalboard.io import AudioFile, StreamResampler

from speechenh_plugin import DeepDenoise, models

RATE = 8000
SAMPLE = Path(__file__).parent / "audio" / "noisy_speech.wav"


def main(source: str = str(SAMPLE), output: str = "denoised_telephone.wav", model: str | None = None) -> None:
    """Make a call of a recording, denoise it, and write it at the recording's rate."""
    with AudioFile(source) as file:
        rate, frames = file.samplerate, file.frames
        with file.resampled_to(RATE) as narrow:
            audio = narrow.read(narrow.frames)
    if audio.shape[1] < RATE // 10:
        raise ValueError(f"{source} is shorter than a tenth of a second")
    if model is None and "voice-8k" in [bundled.name for bundled in models()]:
        model = "voice-8k"  # taught at this rate
    call = Pedalboard([HighpassFilter(300), LowpassFilter(3400), GSMFullRateCompressor()])(audio, RATE)
    result = DeepDenoise(model=model, reduction_limit_db=24)(call, RATE)
    resampler = StreamResampler(RATE, rate, result.shape[0])
    result = np.concatenate([resampler.process(result), resampler.process(None)], axis=1)
    missing = max(0, frames - result.shape[1])  # the resampler's last few samples
    result = np.pad(result[:, :frames], ((0, 0), (0, missing)))
    with AudioFile(output, "w", rate, result.shape[0]) as file:
        file.write(result)
    print(f"{output}: {result.shape[1] / rate:.1f} s, {rate} -> {RATE} -> {rate} Hz, model {model or 'default'}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (OSError, ValueError) as error:
        sys.exit(str(error))
