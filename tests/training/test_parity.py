"""The whole effect against a reference from other people's parts: librosa's transform, Keras on 8-frame windows."""

import json
from pathlib import Path

import numpy as np
import pytest
from engine_models import save_random
from safetensors.numpy import load_file
from sounds import speechlike

from speechenh_plugin import DeepDenoise
from training.network.front_end import narrowband
from training.network.graph import Graph
from training.packages import load_librosa

RATE, SIZE, HOP, FRAMES = 8000, 256, 64, 8
TRAINED = Path(__file__).parents[2] / "models" / "cr_ced"


@pytest.fixture(scope="module")
def random_cr_ced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shape of cr_ced with its batch norms folded, and random weights."""
    graph = Graph("random-cr-ced", narrowband())
    x = graph.input("input", 129, 1)
    for stage in range(5):
        x = graph.conv(x, 18, (1 if stage else FRAMES, 9), activation="relu")
        skip = x = graph.conv(x, 30, (1, 5), activation="relu")
        x = graph.add_up(x, skip)
        x = graph.conv(x, 8, (1, 9), activation="relu")
    graph.output("magnitude", graph.conv(x, 1, (1, 129)))
    return save_random(graph, tmp_path_factory.mktemp("models") / graph.name)


def keras_on_windows(directory: Path) -> object:
    """The network as in the paper: (129, 8) windows in, convolutions along frequency, (129, 1) out."""
    keras = pytest.importorskip("keras")
    graph = json.loads((directory / "graph.json").read_text())
    weights = load_file(directory / "weights.safetensors")
    tensors = {}
    for node in graph["nodes"]:
        name, inputs = node["name"], [tensors[i] for i in node["inputs"]]
        if node["type"] == "input":
            tensors[name] = keras.Input((129, FRAMES))
        elif node["type"] == "conv":
            kernel = weights[f"{name}/kernel"]  # (frames, width, channels, filters); frames become channels
            kernel = kernel.transpose(1, 0, 2, 3).reshape(kernel.shape[1], -1, kernel.shape[3])
            bias = node.get("use_bias", True)
            layer = keras.layers.Conv1D(
                node["filters"], kernel.shape[0], padding="same", use_bias=bias, activation=node["activation"]
            )
            tensors[name] = layer(inputs[0])
            layer.set_weights([kernel, weights[f"{name}/bias"]] if bias else [kernel])
        elif node["type"] == "add":
            # Beside a frame, the window of the input stands for its last one.
            frames = [
                x[..., -1:] if i == graph["nodes"][0]["name"] else x
                for i, x in zip(node["inputs"], inputs, strict=True)
            ]
            tensors[name] = keras.layers.Add()(frames)
        else:
            assert node["type"] == "activation"
            tensors[name] = keras.layers.Activation(node["activation"])(inputs[0])
    first = tensors[graph["nodes"][0]["name"]]
    return keras.Model(first, tensors[graph["outputs"]["magnitude"]])


def reference(directory: Path, audio: np.ndarray) -> np.ndarray:
    transform = {"n_fft": SIZE, "hop_length": HOP, "window": "hamming"}  # librosa's windows are periodic
    padded = np.pad(audio.astype(np.float64), 2 * SIZE)
    spectrum = load_librosa().stft(padded, **transform, pad_mode="constant")
    magnitude = np.abs(spectrum)
    mean = magnitude.mean(axis=0)
    deviation = magnitude.std(axis=0)
    standardised = (magnitude - mean) / np.maximum(deviation, 1e-7)
    history = np.pad(standardised, ((0, 0), (FRAMES - 1, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(history, FRAMES, axis=1).transpose(1, 0, 2)
    estimate = keras_on_windows(directory).predict(windows, verbose=0)[..., 0].T  # type: ignore[attr-defined]
    estimate = estimate * deviation + mean
    gain = np.clip(estimate / np.maximum(magnitude, 1e-9), 0, 1)
    output = load_librosa().istft(gain * spectrum, **transform, length=padded.size)
    return output[2 * SIZE :][: audio.size]


@pytest.mark.parametrize("kind", ["random", "trained"])
def test_effect_equals_the_reference(kind: str, random_cr_ced: Path) -> None:
    if kind == "trained" and not TRAINED.exists():
        pytest.skip("models/cr_ced is not trained yet")
    directory = TRAINED if kind == "trained" else random_cr_ced
    audio = speechlike(2, RATE)[0]
    expected = reference(directory, audio)
    output = DeepDenoise(model=directory, reduction_limit_db=100)(audio, RATE)
    error = np.sum((output - expected) ** 2) / np.sum(expected**2)
    assert np.sum(expected**2) > 1e-4 * np.sum(audio**2)
    assert 10 * np.log10(error) < -80
