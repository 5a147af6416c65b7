"""A network with a wider complex branch begins by doing what the narrower one did."""

from pathlib import Path

import numpy as np

from training.fit.start import match, read_front_end, read_weights
from training.fit.widen import is_narrower, widen
from training.network.features import front_end
from training.network.fullband import fullband
from training.network.graph import Graph
from training.network.keras_build import build

TEACHER = Path(__file__).parents[2] / "training" / "data" / "teachers" / "fullband"
RATE = 16000
USUAL = 10 ** (-26 / 20)


def estimate(graph: Graph, weights: dict[str, np.ndarray], noisy: np.ndarray) -> np.ndarray:
    ends = front_end(graph.front_end, RATE)
    spectra = ends.stft(noisy)
    return np.asarray(ends.estimate(build(graph, weights)(ends.inputs(spectra)), spectra))[0]


def test_the_wider_one_begins_as_the_narrower_one() -> None:
    narrow = Graph.from_json((TEACHER / "graph.json").read_text(encoding="utf-8"))
    weights, wide = read_weights(TEACHER), fullband()
    assert is_narrower(read_front_end(TEACHER), weights, wide)
    matched = match(widen(weights, read_front_end(TEACHER), wide), wide)
    assert matched.missing == () and matched.unused == ()
    # Steady noise at the usual level: the level that is followed is the usual one.
    noise = np.random.default_rng(0).standard_normal((1, RATE)).astype(np.float32)
    noise *= np.float32(USUAL / np.sqrt(np.mean(noise**2)))
    of_narrow, of_wide = estimate(narrow, weights, noise), estimate(wide, matched.weights, noise)
    below = slice(0, read_front_end(TEACHER)["low_bins"] - 4)
    taken = front_end(wide.front_end, RATE).stft(noise)[0]
    error, whole = (np.sum(np.abs(np.asarray(x)[20:, below]) ** 2) for x in (of_wide - of_narrow, taken))
    assert 10 * np.log10(error / whole) < -20


def test_it_says_what_is_no_narrower_network() -> None:
    other, weights = read_front_end(TEACHER), read_weights(TEACHER)
    for change in ({"low_bins": 0}, {"low_bins": 128}, {"taps": 7}, {"compression": 0.5}, {"kind": "narrowband"}):
        assert not is_narrower(other | change, weights, fullband())
    assert not is_narrower(other, {**weights, "low_to_bands/kernel": np.zeros((5, 17))}, fullband())
    assert not is_narrower(other, {}, fullband())
    assert not is_narrower(other, weights, Graph.from_json((TEACHER / "graph.json").read_text(encoding="utf-8")))
