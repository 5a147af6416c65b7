"""Draw a recording before and after, by itself the README's picture: plot_before_after.py [IN OUT.png [MODEL]]."""

import sys
from pathlib import Path

from pedalboard.io import AudioFile

from speechenh_plugin import DeepDenoise
from speechenh_plugin.plots import before_after

HERE = Path(__file__).parent
SAMPLE = HERE / "audio" / "noisy_speech.wav"


def main(
    source: str = str(SAMPLE),
    output: str | None = None,
    model: str | None = None,
) -> None:
    """Denoise a recording and draw both."""
    if output is None:
        output = str(HERE / "images" / "before_after.png") if source == str(SAMPLE) else f"{Path(source).stem}.png"
    with AudioFile(source) as file:
        audio, rate = file.read(file.frames), file.samplerate
    effect = DeepDenoise(model=model)
    result = effect(audio, rate)
    Path(output).parent.mkdir(parents=True, exist_ok=True)
    before_after(audio.mean(axis=0), result.mean(axis=0), rate, output, f"{Path(source).name}, {effect.model}", dpi=80)
    print(output)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (OSError, ValueError) as error:
        sys.exit(str(error))
