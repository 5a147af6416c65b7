"""A network of your own, from its declaration to a board and a DAW: python -m examples.custom_model SPEECH NOISE OUT.

SPEECH and NOISE are folders with some dozens of audio files or more, of several speakers or kinds: a name's part before
the first "-", or else the file itself, tells them apart. Run it from the repository's folder, after
pip install '.[train,tensorflow]'. In the few steps below it learns little; hours of speech and training make a model.
"""

import sys
from pathlib import Path

from speechenh_plugin import DeepDenoise, denoise_file
from training.export import export
from training.fit.stage import Place, run_recipe
from training.network import NETWORKS
from training.network.front_end import BANDS, fullband
from training.network.graph import Graph
from training.recipe import from_table

SAMPLE = Path(__file__).parent / "audio" / "noisy_speech.wav"


def small_gru() -> Graph:
    """Declare three frames of all bands -> 48 numbers -> memory over time -> a gain for each band."""
    graph = Graph("small_gru", fullband())
    x = graph.input("bands", BANDS, 1)
    x = graph.conv(x, 8, (3, 5), stride=2, activation="relu")
    x = graph.dense(graph.reshape(x, 1, 65 * 8), 48, activation="relu")
    x = graph.dense(graph.gru(x, 48), BANDS, activation="sigmoid")
    graph.output("gains", graph.reshape(x, BANDS, 1))
    return graph


def main(speech: str, noise: str, out: str, epochs: int = 2, steps: int = 20) -> None:
    """Train, export, and denoise with it."""
    NETWORKS["small_gru"] = small_gru
    # What a file of training/recipes holds; by speaker and kind, a tenth of each corpus validates.
    recipe = from_table(
        "small_gru",
        {
            "corpora": {
                "voices": {"role": "speech", "path": str(Path(speech).absolute())},
                "noises": {"role": "noise", "path": str(Path(noise).absolute())},
            },
            "mixing": {
                "rate": 16000,
                "effect": [{"kind": "speech"}, {"kind": "noise"}, {"kind": "snr", "range_db": [-5, 20]}],
            },
            "network": {"name": "small_gru"},
            "loss": {"compressed_magnitude": 0.7, "compressed_complex": 0.3},
            "stage": [
                {"name": "all", "seconds": 1.0, "batch": 4, "validation": 8, "learning_rate": 2e-3}
                | {"epochs": epochs, "steps": steps}
            ],
        },
    )
    history = run_recipe(recipe, Place(Path(out, "runs"), corpora=Path(out), workers=0))["all"]
    model = Path(out, "small_gru")
    # The corpora above state no licence: whose recordings they are says what may be done with the weights.
    difference = export(Path(out, "runs", "all"), "small_gru", model, licence="all rights reserved")
    print(f"loss {history[-1]['val_loss']:.4f}; the engine is within {difference:.0e} of Keras")

    effect = DeepDenoise(model=model)
    Path(out, "small_gru.vstpreset").write_bytes(effect.preset_data)  # for any DAW: it carries the whole network
    denoise_file(SAMPLE, Path(out, "denoised.wav"), model=model)
    print(f"{effect} and its results are in {out}")


if __name__ == "__main__":
    main(*sys.argv[1:])
