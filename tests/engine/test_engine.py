import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import librosa
import numpy as np
import pytest
import scipy.signal
from engine_models import BARE, cr_ced_like, fixed_outputs, fullband_like, packed, random_weights
from hypothesis import given, settings
from hypothesis import strategies as st

from speechenh_plugin import engine
from speechenh_plugin.engine import Network, Processor
from training.network import features
from training.network.front_end import fullband, narrowband
from training.network.graph import Graph

FRAMES = 9
TOLERANCE = 1e-4


def available_kernels() -> list[str]:
    data = packed(bare(lambda graph, x: graph.activation(x, "relu"), (1, 1)))
    names = []
    for name in ("baseline", "avx2", "avx512"):
        try:
            names.append(Network(data, kernels=name).kernels)
        except ValueError as error:
            assert "no such kernels" in str(error)
    return names


def bare(build, *shapes: tuple[int, int]) -> Graph:
    """A graph without a front end: `build` adds nodes to inputs x0, x1 ... and returns the output."""
    graph = Graph("bare", BARE)
    graph.output("y", build(graph, *[graph.input(f"x{i}", *shape) for i, shape in enumerate(shapes)]))
    return graph


def signals(*shapes: tuple[int, int]) -> list[np.ndarray]:
    random = np.random.default_rng(7)
    return [random.standard_normal((FRAMES, *shape)).astype(np.float32) for shape in shapes]


def run(build, *shapes: tuple[int, int], kernels: str | None = None):
    """Engine's output, inputs and weights for one layer; the last node's weights have no prefix."""
    graph = bare(build, *shapes)
    weights, xs = random_weights(graph), signals(*shapes)
    y = Network(packed(graph, weights), kernels=kernels).run({f"x{i}": x for i, x in enumerate(xs)})["y"]
    last = list(graph.nodes)[-1]
    own = {name.partition("/")[2]: value for name, value in weights.items() if name.startswith(f"{last}/")}
    return y, xs, own


@pytest.fixture(params=available_kernels())
def kernels(request: pytest.FixtureRequest) -> str:
    return request.param


def close(y: np.ndarray, expected) -> None:
    np.testing.assert_allclose(y, np.asarray(expected).reshape(y.shape), atol=TOLERANCE, rtol=0)


# -- each node against its Keras layer


@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("positions, width", [(17, 1), (17, 2), (17, 9), (1, 5)])
@pytest.mark.parametrize("frames, dilation, stride", [(1, 1, 1), (1, 1, 2), (3, 1, 3), (4, 2, 1), (2, 3, 1)])
def test_conv(kernels, positions, frames, dilation, stride, width, groups):
    y, (x,), weights = run(
        lambda graph, x: graph.conv(x, 6, (frames, width), stride=stride, dilation=dilation, groups=groups),
        (positions, 6),
        kernels=kernels,
    )
    past = (frames - 1) * dilation
    layer = (
        keras.layers.Conv2D(
            6, (frames, width), strides=(1, stride), dilation_rate=(dilation, 1), groups=groups, padding="same"
        )
        if stride == 1 or frames == 1
        else StridedConv(frames, width, stride, groups)
    )
    x = np.pad(x, ((past, 0), (0, 0), (0, 0)))[None]
    layer.build(x.shape)
    layer.set_weights([weights["kernel"], weights["bias"]])
    # Keras pads half of the past on either side; causal means all of it before.
    close(y, np.asarray(layer(x))[0, past // 2 :][:FRAMES])


class StridedConv:
    """Keras' strides are the same on both axes for "same" padding over time: pick every stride-th position instead."""

    def __init__(self, frames, width, stride, groups):
        self.layer = keras.layers.Conv2D(6, (frames, width), groups=groups, padding="same")
        self.stride, self.width = stride, width

    def build(self, shape):
        self.layer.build(shape)

    def set_weights(self, weights):
        self.layer.set_weights(weights)

    def __call__(self, x):
        positions = x.shape[2]
        total = max((-(-positions // self.stride) - 1) * self.stride + self.width - positions, 0)
        first = (self.width - 1) // 2 - total // 2
        wide = np.pad(x, ((0, 0), (0, 0), (self.width, self.width), (0, 0)))
        return np.asarray(self.layer(wide))[:, :, self.width + first :][:, :, : positions : self.stride]


@pytest.mark.parametrize("filters", [1, 8, 18, 30, 48, 130])
def test_conv_of_any_number_of_filters(kernels, filters):
    y, (x,), weights = run(lambda graph, x: graph.conv(x, filters, (1, 7)), (129, 5), kernels=kernels)
    layer = keras.layers.Conv2D(filters, (1, 7), padding="same")
    layer.build((None, None, 129, 5))
    layer.set_weights([weights["kernel"], weights["bias"]])
    close(y, layer(x[None]))


def test_conv_as_wide_as_the_frame(kernels):
    y, (x,), weights = run(lambda graph, x: graph.conv(x, 1, (1, 129)), (129, 8), kernels=kernels)
    layer = keras.layers.Conv2D(1, (1, 129), padding="same")
    layer.build((None, None, 129, 8))
    layer.set_weights([weights["kernel"], weights["bias"]])
    close(y, layer(x[None]))


@pytest.mark.parametrize("width, stride", [(1, 1), (3, 1), (2, 2), (3, 2), (4, 2), (5, 2), (1, 3), (5, 3), (4, 4)])
@pytest.mark.parametrize("positions, filters", [(1, 3), (16, 5), (17, 20)])
def test_conv_transpose(kernels, positions, filters, width, stride):
    y, (x,), weights = run(
        lambda graph, x: graph.conv_transpose(x, filters, width, stride=stride), (positions, 4), kernels=kernels
    )
    layer = keras.layers.Conv2DTranspose(filters, (1, width), strides=(1, stride), padding="same")
    layer.build((None, None, positions, 4))
    layer.set_weights([weights["kernel"], weights["bias"]])
    close(y, layer(x[None]))


@pytest.mark.parametrize("units", [1, 16, 33])
@pytest.mark.parametrize("shape", [(1, 50), (7, 3), (129, 2)])
def test_dense(kernels, shape, units):
    y, (x,), weights = run(lambda graph, x: graph.dense(x, units), shape, kernels=kernels)
    layer = keras.layers.Dense(units)
    layer.build(x.shape)
    layer.set_weights([weights["kernel"], weights["bias"]])
    close(y, layer(x))


def gru_layer(channels: int, units: int, weights: dict[str, np.ndarray], **options) -> keras.layers.GRU:
    layer = keras.layers.GRU(units, return_sequences=True, reset_after=True, **options)
    layer.build((None, None, channels))
    layer.set_weights([weights["kernel"], weights["recurrent_kernel"], weights["bias"]])
    return layer


@pytest.mark.parametrize("positions", [1, 5])
@pytest.mark.parametrize("units", [4, 16, 37])
def test_gru_over_time(kernels, units, positions):
    y, (x,), weights = run(lambda graph, x: graph.gru(x, units), (positions, 6), kernels=kernels)
    layer = gru_layer(6, units, weights)
    close(y, np.swapaxes(layer(np.swapaxes(x, 0, 1)), 0, 1))


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("units", [4, 24])
def test_gru_over_frequency(kernels, units, reverse):
    y, (x,), weights = run(
        lambda graph, x: graph.gru(x, units, axis="frequency", reverse=reverse), (11, 6), kernels=kernels
    )
    expected = np.asarray(gru_layer(6, units, weights, go_backwards=reverse)(x))
    close(y, expected[:, ::-1] if reverse else expected)


@pytest.mark.parametrize("axes", ["channel", "all"])
def test_layer_norm(kernels, axes):
    y, (x,), weights = run(lambda graph, x: graph.layer_norm(x, axes=axes, epsilon=1e-3), (13, 19), kernels=kernels)
    layer = keras.layers.LayerNormalization(axis=-1 if axes == "channel" else [-2, -1], epsilon=1e-3)
    layer.build(x.shape)
    layer.set_weights([weights["gamma"], weights["beta"]])
    close(y, layer(x))


ACTIVATIONS = {
    "linear": lambda: keras.layers.Activation("linear"),
    "relu": keras.layers.ReLU,
    "leaky_relu": lambda: keras.layers.LeakyReLU(negative_slope=0.2),
    "prelu": lambda: keras.layers.PReLU(shared_axes=[1]),
    "elu": keras.layers.ELU,
    "sigmoid": lambda: keras.layers.Activation("sigmoid"),
    "tanh": lambda: keras.layers.Activation("tanh"),
}


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activation(kernels, activation, fused):
    def build(graph, x):
        return graph.dense(x, 21, activation=activation) if fused else graph.activation(x, activation)

    y, (x,), weights = run(build, (5, 21), kernels=kernels)
    layer = ACTIVATIONS[activation]()
    layer.build(x.shape)
    if activation == "prelu":
        layer.set_weights([weights["alpha"][None]])
    before = x @ weights["kernel"] + weights["bias"] if fused else x
    close(y, layer(before))


@pytest.mark.parametrize("activation", ["prelu", "tanh"])
@pytest.mark.parametrize("also_before", [False, True])
def test_activation_after_a_layer(kernels, activation, also_before):
    graph = Graph("after", BARE)
    before = graph.dense(graph.input("x", 5, 7), 6, name="dense")
    after = graph.activation(before, activation, name="after")
    graph.output("after", graph.add_up(after, after))
    if also_before:
        graph.output("before", before)
    weights, (x,) = random_weights(graph), signals((5, 7))
    got = Network(packed(graph, weights), kernels=kernels).run({"x": x})
    expected = x @ weights["dense/kernel"] + weights["dense/bias"]
    if also_before:
        close(got["before"], expected)
    alpha = weights.get("after/alpha")
    close(
        got["after"], 2 * (np.tanh(expected) if alpha is None else np.where(expected > 0, expected, alpha * expected))
    )


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "elu"])
def test_fast_functions_are_exact_to_a_millionth(kernels, activation):
    x = np.linspace(-120, 120, 9 * 4001, dtype=np.float32).reshape(9, 4001, 1)
    graph = bare(lambda graph, x: graph.activation(x, activation), (4001, 1))
    y = Network(packed(graph), kernels=kernels).run({"x0": x})["y"]
    wide = x.astype(np.float64)
    exact = {
        "sigmoid": lambda: 1 / (1 + np.exp(-wide)),
        "tanh": lambda: np.tanh(wide),
        "elu": lambda: np.where(wide > 0, wide, np.expm1(wide)),
    }[activation]()
    assert np.abs(y - exact).max() < 1e-6


@pytest.mark.parametrize("heads", [1, 4])
def test_attention(kernels, heads):
    y, (q, k, v), _ = run(lambda graph, q, k, v: graph.attention(q, k, v, heads=heads), *[(21, 8)] * 3, kernels=kernels)
    split = [part.reshape(FRAMES, 21, heads, 8 // heads) for part in (q, k, v)]
    attention = keras.ops.dot_product_attention(*split)
    close(y, attention)


def test_shapes_of_copies():
    x = signals((6, 4))[0]
    cases = {
        "slice": (lambda g, x: g.slice(x, 1, 4), x[:, 1:5]),
        "slice channels": (lambda g, x: g.slice(x, 2, 2, axis="channel"), x[:, :, 2:]),
        "pad": (lambda g, x: g.pad(x, 2, 1), np.pad(x, ((0, 0), (2, 1), (0, 0)))),
        "upsample": (lambda g, x: g.upsample(x, 3), np.asarray(keras.layers.UpSampling2D((1, 3))(x[None]))[0]),
        "reshape": (lambda g, x: g.reshape(x, 12, 2), x.reshape(FRAMES, 12, 2)),
        "transpose": (lambda g, x: g.transpose(x), x.transpose(0, 2, 1)),
        "concat": (lambda g, x: g.concat(x, g.slice(x, 1, 2), axis="frequency"), np.concatenate([x, x[:, 1:3]], 1)),
        "concat channels": (lambda g, x: g.concat(x, x), np.concatenate([x, x], 2)),
        "add": (lambda g, x: g.add_up(x, x, x), 3 * x),
        "multiply": (lambda g, x: g.multiply(x, g.slice(x, 3, 1)), x * x[:, 3:4]),
        "multiply channel": (lambda g, x: g.multiply(x, g.slice(x, 1, 1, axis="channel")), x * x[:, :, 1:2]),
    }
    for name, (build, expected) in cases.items():
        y = run(build, (6, 4))[0]
        np.testing.assert_allclose(y, expected, rtol=1e-6, err_msg=name)


def test_affine():
    y, (x,), weights = run(lambda graph, x: graph.add("affine", x), (6, 4))
    np.testing.assert_allclose(y, x * weights["scale"] + weights["shift"], rtol=1e-5, atol=1e-6)


# -- streaming


@pytest.mark.parametrize("declare", [cr_ced_like, fullband_like])
def test_frames_one_by_one_equal_all_at_once(kernels, declare):
    network = Network(packed(declare()), kernels=kernels)
    (name,) = network.inputs
    x = np.random.default_rng(3).standard_normal((40, 129, 1))
    once = network.run({name: x}, batch=40)
    for batch in (0, 1, 3, 7):
        again = network.run({name: x}, batch=batch)
        assert all(np.array_equal(once[role], again[role]) for role in once)


def test_wrong_inputs_are_refused():
    network = Network(packed(cr_ced_like()))
    with pytest.raises(ValueError, match="'input' is missing"):
        network.run({})
    with pytest.raises(ValueError, match=r"must be \(frames, 129, 1\)"):
        network.run({"input": np.zeros((3, 128, 1))})


def noise(rate: int, seconds: float = 0.5, channels: int = 1) -> np.ndarray:
    return (0.1 * np.random.default_rng(5).standard_normal((channels, int(rate * seconds)))).astype(np.float32)


RATES = [8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000]


@pytest.mark.parametrize("rate", RATES)
def test_strength_zero_is_the_delayed_input_bit_for_bit(kernels, rate):
    stream = Processor(Network(packed(fullband_like()), kernels=kernels), rate, channels=2)
    x = noise(rate, channels=2)
    y = stream.process(x, strength=0)
    assert np.array_equal(y[:, stream.latency :], x[:, : -stream.latency])
    assert not y[:, : stream.latency].any()


@settings(deadline=None, max_examples=30)
@given(
    rate=st.sampled_from(RATES[:6]),
    sizes=st.lists(st.one_of(st.integers(1, 70), st.integers(1, 5000)), min_size=1, max_size=30),
    max_block=st.sampled_from([1, 64, 512, 8192]),
    link=st.booleans(),
)
def test_output_does_not_depend_on_the_blocks(rate, sizes, max_block, link):
    network = Network(packed(fullband_like(low_bins=32, taps=3, lookahead=1)))
    x = noise(rate, 0.3, 2)
    whole = Processor(network, rate, 2, x.shape[1]).process(x, stereo_link=link)
    stream, parts, start = Processor(network, rate, 2, max_block), [], 0
    while start < x.shape[1]:
        size = sizes[len(parts) % len(sizes)]
        parts.append(stream.process(x[:, start : start + size], stereo_link=link))
        start += size
    assert np.array_equal(np.concatenate(parts, 1), whole)
    stream.reset()
    assert np.array_equal(stream.process(x, stereo_link=link), whole)


def test_output_may_overwrite_the_input():
    network = Network(packed(fullband_like()))
    x = noise(16000, channels=2)
    expected = Processor(network, 16000, 2).process(x)
    stream, rows = Processor(network, 16000, 2), engine._pointers(x)
    engine._library().deepdenoise_stream_process(stream._handle, rows, rows, x.shape[1], 1.0, np.inf, True, False)
    assert np.array_equal(x, expected)


def test_switching_the_link_goes_on_from_what_was_heard():
    network = Network(packed(fullband_like()))
    x = np.repeat(noise(16000, 0.2), 2, 0)  # equal channels: linked or not, the same
    expected = Processor(network, 16000, 2).process(x)
    stream = Processor(network, 16000, 2)
    parts = [stream.process(part, stereo_link=i % 2 == 0) for i, part in enumerate(np.array_split(x, 5, 1))]
    np.testing.assert_allclose(np.concatenate(parts, 1), expected, atol=1e-6)


# -- front ends and gains against SciPy and librosa


def hop_of(rate: int) -> int:
    return {8000: 64, 11025: 88, 16000: 128, 22050: 176, 44100: 352, 48000: 384, 96000: 768, 192000: 1536}[rate]


def spectra(x: np.ndarray, rate: int) -> np.ndarray:
    """librosa's STFT on the engine's grid, (frames, bins), a full-scale sine being 1; frame t ends with hop t."""
    hop = hop_of(rate)
    window = scipy.signal.get_window("hamming", 4 * hop)
    padded = np.pad(x.astype(np.float64), (3 * hop, 0))
    frames = librosa.stft(padded, n_fft=4 * hop, hop_length=hop, window=window, center=False)
    return frames.T * 2 / window.sum()


def resynthesised(frames: np.ndarray, rate: int) -> np.ndarray:
    hop = hop_of(rate)
    window = scipy.signal.get_window("hamming", 4 * hop)
    x = np.zeros((len(frames) + 3) * hop)
    weight = np.zeros_like(x)
    for t, frame in enumerate(np.fft.irfft(frames * window.sum() / 2)):
        x[t * hop : (t + 4) * hop] += frame * window
        weight[t * hop : (t + 4) * hop] += window**2
    return (x / np.maximum(weight, 1e-12))[3 * hop :]


@pytest.mark.parametrize("rate", RATES[:6])
def test_narrowband_features(rate):
    x = noise(rate)[0]
    network = Network(packed(cr_ced_like()))
    magnitude = np.abs(spectra(x, rate))[:, :129]
    expected = (magnitude - magnitude.mean(1, keepdims=True)) / magnitude.std(1, keepdims=True)
    close(network.features(x, rate)["input"][..., 0], expected)


def bands() -> np.ndarray:
    """Centres of the 129 bands: share of the ERB found by bisection so that the last is 24 kHz."""

    def spaced(share):
        f = [0.0]
        while len(f) < 129:
            f.append(f[-1] + max(31.25, share * 24.7 * (4.37 * f[-1] / 1000 + 1)))
        return np.array(f)

    low, high = 0.1, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if spaced(middle)[-1] < 24000 else (low, middle)
    assert 0.28 < low < 0.3
    return spaced(low)


def triangles(rate: int) -> np.ndarray:
    centers, frequencies = bands(), np.arange(2 * hop_of(rate) + 1) * rate / (4 * hop_of(rate))
    return np.array([np.interp(frequencies, centers, row) for row in np.eye(129)])


@pytest.mark.parametrize("rate", RATES)
def test_fullband_features(rate):
    x = noise(rate)[0]
    network = Network(packed(fullband_like(low_bins=40)))
    got = network.features(x, rate)
    frames, weights = spectra(x, rate), triangles(rate)
    np.testing.assert_allclose(weights.sum(0), 1)
    sums = weights.sum(1)
    energy = np.abs(frames) ** 2 @ weights.T / np.where(sums > 0, sums, 1)
    close(got["bands"][..., 0], (10 * np.log10(energy + 1e-11) + 60) / 25)
    low = frames[:, :40]
    compressed = low * np.abs(low) ** (0.3 - 1)
    close(got["low"][..., 0] + 1j * got["low"][..., 1], compressed)


def test_features_are_of_mono():
    network = Network(fixed_outputs(narrowband(), magnitude=np.full((129, 1), 0.5)))
    with pytest.raises(ValueError, match=r"must have the shape \(samples,\), not \(2, 4800\)"):
        network.features(np.zeros((2, 4800)), 48000)


def test_silence_gives_finite_features():
    got = Network(packed(fullband_like(low_bins=40))).features(np.zeros(4800), 48000)
    np.testing.assert_allclose(got["bands"], (10 * np.log10(1e-11) + 60) / 25, rtol=1e-5)
    assert not got["low"].any()


def processed(stream: Processor, x: np.ndarray, **controls) -> np.ndarray:
    """The aligned output, as long as the input."""
    padded = np.pad(x, ((0, 0), (0, stream.latency)))
    return stream.process(padded, **controls)[:, stream.latency :]


def expected_output(x: np.ndarray, rate: int, change) -> np.ndarray:
    """What a change of the spectra (frames, bins) gives, by SciPy and NumPy; as long as the input."""
    hop = hop_of(rate)
    padded = np.pad(x.astype(np.float64), (0, 4 * hop + -x.size % hop))
    return resynthesised(change(spectra(padded, rate)), rate)[: x.size]


@pytest.mark.parametrize("rate", RATES)
def test_gains_strength_limit_and_listening(kernels, rate):
    gains = np.random.default_rng(2).uniform(0, 1, (129, 1))
    network = Network(fixed_outputs(fullband(), gains=gains), kernels=kernels)
    x = noise(rate)
    gain = (gains.T @ triangles(rate))[0]
    stream = Processor(network, rate)
    for strength, limit in ((1.0, np.inf), (0.6, np.inf), (1.0, 6.0), (0.5, 12.0)):
        controls = {"strength": strength, "reduction_limit_db": limit}
        total = 1 - strength + strength * np.maximum(gain, 10 ** (-limit / 20))
        expected = expected_output(x[0], rate, lambda frames, total=total: frames * total)
        stream.reset()
        result = processed(stream, x, **controls)[0]
        np.testing.assert_allclose(result, expected, atol=3e-6)
        stream.reset()
        removed = processed(stream, x, **controls, listen_removed=True)[0]
        np.testing.assert_allclose(removed, x[0] - expected, atol=3e-6)


@pytest.mark.parametrize("limit", [np.inf, 9.0])
def test_deep_filter(kernels, limit):
    random = np.random.default_rng(4)
    rate, low, taps = 16000, 48, 3
    gains, taps_of_bins = random.uniform(0, 1, (129, 1)), random.uniform(-0.6, 0.6, (low, 2 * taps))
    front_end = fullband(low_bins=low, taps=taps)
    network = Network(fixed_outputs(front_end, gains=gains, filter=taps_of_bins), kernels=kernels)
    gain, floor = (gains.T @ triangles(rate))[0], 10 ** (-limit / 20)
    coefficients = taps_of_bins[:, :taps] + 1j * taps_of_bins[:, taps:]
    coefficients[:, 0] += 1  # the filter is added to the bin itself

    def change(frames):
        out = frames.copy()
        history = np.concatenate([np.zeros((taps - 1, frames.shape[1])), frames])
        out[:, :low] = sum(coefficients[:, i] * history[taps - 1 - i : len(history) - i, :low] for i in range(taps))
        out *= gain
        size, least = np.abs(out), floor * np.abs(frames)
        return np.where(size < least, out * least / np.maximum(size, 1e-30), out)

    x = noise(rate)
    got = processed(Processor(network, rate), x, reduction_limit_db=limit)[0]
    np.testing.assert_allclose(got, expected_output(x[0], rate, change), atol=3e-6)


def test_narrowband_gains_are_the_estimate_over_the_magnitude(kernels):
    rate = 16000
    graph = Graph("half", narrowband())
    x = graph.input("input", 129, 1)
    graph.output("magnitude", graph.add("affine", x, "half"))
    network = Network(
        packed(graph, {"half/scale": np.float32([0.5]), "half/shift": np.float32([-0.2])}), kernels=kernels
    )

    def change(frames):
        magnitude = np.abs(frames)
        m = magnitude[:, :129]
        mean, deviation = m.mean(1, keepdims=True), m.std(1, keepdims=True)
        standard = (m - mean) / np.maximum(deviation, 1e-7)
        gain = np.clip(((0.5 * standard - 0.2) * deviation + mean) / np.maximum(m, 1e-9), 0, 1)
        top = np.repeat(gain[:, 113:129].mean(1, keepdims=True), frames.shape[1] - 129, 1)
        return frames * np.concatenate([gain, top], 1)

    signal = noise(rate)
    got = processed(Processor(network, rate), signal)[0]
    np.testing.assert_allclose(got, expected_output(signal[0], rate, change), atol=1e-5)


@pytest.mark.parametrize("lookahead", [0, 1, 3])
def test_lookahead_moves_gains_earlier_and_latency_later(lookahead):
    rate = 16000
    graph = Graph("loudness", fullband(lookahead=lookahead))
    graph.output("gains", graph.activation(graph.input("bands", 129, 1), "sigmoid"))
    stream = Processor(Network(packed(graph)), rate)
    assert stream.latency == (4 + lookahead) * 128
    x = noise(rate) * np.linspace(0, 1, rate // 2, dtype=np.float32)
    weights = triangles(rate)
    sums = weights.sum(1)

    def change(frames):
        energy = np.abs(frames) ** 2 @ weights.T / np.where(sums > 0, sums, 1)
        gains = 1 / (1 + np.exp(-(10 * np.log10(energy + 1e-11) + 60) / 25))
        ahead = np.concatenate([gains[lookahead:], np.repeat(gains[-1:], lookahead, 0)])
        return frames * (ahead @ weights)

    got = processed(stream, x)[0]
    settled = x.shape[1] - 8 * 128  # the frames past the end are zeros here, but not there
    np.testing.assert_allclose(got[:settled], expected_output(x[0], rate, change)[:settled], atol=1e-5)


@pytest.mark.parametrize("rate", [8000, 22050, 48000])
@pytest.mark.parametrize("graph", [cr_ced_like(), fullband_like(low_bins=40, taps=3)], ids=lambda graph: graph.name)
def test_training_computes_the_same(graph, rate):
    network, front_end = Network(packed(graph)), features.front_end(graph.front_end, rate)
    x = noise(rate)
    frames = front_end.stft(x.astype(np.float64))
    inputs = network.features(x[0], rate)
    for name, expected in front_end.inputs(frames).items():
        np.testing.assert_allclose(inputs[name], expected[0], atol=2e-5)
    outputs = {role: y[None].astype(np.float64) for role, y in network.run(inputs).items()}
    expected = front_end.stft.inverse(front_end.estimate(outputs, frames))[0]
    stream = Processor(network, rate)
    got = stream.process(x)[0, stream.latency :]
    np.testing.assert_allclose(got, expected[: got.size], atol=1e-6)


# -- stereo


def test_linked_channels_share_the_gain_of_their_mean_power():
    rate = 16000
    graph = Graph("loudness", fullband())
    graph.output("gains", graph.activation(graph.input("bands", 129, 1), "sigmoid"))
    network = Network(packed(graph))
    left, right = noise(rate)[0], noise(rate)[0][::-1] * 0.1
    mean = np.sqrt((np.abs(spectra(left, rate)) ** 2 + np.abs(spectra(right, rate)) ** 2) / 2)
    weights = triangles(rate)
    sums = weights.sum(1)
    energy = mean**2 @ weights.T / np.where(sums > 0, sums, 1)
    gains = (1 / (1 + np.exp(-(10 * np.log10(energy + 1e-11) + 60) / 25))) @ weights
    got = Processor(network, rate, 2).process(np.stack([left, right]))
    latency = 512
    for channel, x in enumerate((left, right)):
        frames = spectra(x, rate)
        expected = resynthesised(frames * gains[: len(frames)], rate)
        valid = expected.size - 4 * 128
        np.testing.assert_allclose(
            got[channel, latency : latency + valid - latency], expected[: valid - latency], atol=1e-5
        )


def test_unlinked_channels_are_streams_of_their_own():
    network = Network(packed(fullband_like()))
    x = noise(16000, channels=3) * np.array([[1], [0.1], [0.01]], np.float32)
    together = Processor(network, 16000, 3).process(x, stereo_link=False)
    alone = [Processor(network, 16000).process(row) for row in x]
    assert np.array_equal(together, np.stack(alone))


def test_one_channel_is_the_same_linked_or_not():
    network = Network(packed(fullband_like()))
    x = noise(16000)
    linked = Processor(network, 16000).process(x)
    assert np.array_equal(linked, Processor(network, 16000).process(x, stereo_link=False))


# -- abuse


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e38])
def test_samples_that_are_no_audio_count_as_zero(bad):
    network = Network(packed(fullband_like(low_bins=16, taps=2)))
    x = noise(16000)
    spoilt, muted = x.copy(), x.copy()
    spoilt[:, 3000:3100], muted[:, 3000:3100] = bad, 0
    assert np.array_equal(Processor(network, 16000).process(spoilt), Processor(network, 16000).process(muted))


def test_weights_that_overflow_do_not_outlast_the_sound():
    graph = Graph("hostile", fullband())
    x = graph.input("bands", 129, 1)
    x = graph.dense(graph.dense(x, 4, name="huge"), 1, name="out")
    graph.output("gains", graph.gru(x, 1, name="state"))
    weights = {name: np.full_like(value, 3e38) for name, value in random_weights(graph).items()}
    y = Processor(Network(packed(graph, weights)), 16000).process(noise(16000))
    assert np.isfinite(y).all()


@pytest.mark.parametrize("controls", [
    {"strength": np.nan}, {"strength": -3.0}, {"strength": np.inf}, {"reduction_limit_db": np.nan},
    {"reduction_limit_db": -10.0},
])  # fmt: skip
def test_controls_out_of_range_stay_finite(controls):
    y = Processor(Network(packed(fullband_like())), 16000).process(noise(16000), **controls)
    assert np.isfinite(y).all()


@pytest.mark.parametrize("tap", [1e30, 1e38, -1e38])
def test_a_filter_that_gives_no_audio_leaves_its_bins_alone(tap):
    filters = np.zeros((8, 4))
    filters[:, 0] = tap
    network = Network(fixed_outputs(fullband(low_bins=8, taps=2), gains=np.ones((129, 1)), filter=filters))
    stream = Processor(network, 8000)
    x = (0.1 * np.random.default_rng(0).standard_normal(4000)).astype(np.float32)
    y = stream.process(x)
    np.testing.assert_allclose(y[stream.latency :], x[: -stream.latency], atol=1e-6)


def test_changing_controls_makes_no_click():
    rate = 48000
    network = Network(fixed_outputs(fullband(), gains=np.zeros((129, 1))))
    t = np.arange(rate) / rate
    x = (0.5 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)
    steepest = np.abs(np.diff(x)).max()
    settings_ = [
        {"strength": 0.0}, {"strength": 1.0}, {"strength": 0.0}, {"listen_removed": True},
        {"strength": 1.0, "reduction_limit_db": 6.0}, {"strength": 1.0, "listen_removed": True},
    ]  # fmt: skip
    stream = Processor(network, rate)
    y = np.concatenate([
        stream.process(part, **settings_[i % len(settings_)]) for i, part in enumerate(np.array_split(x, 24))
    ])  # fmt: skip
    assert np.abs(np.diff(y)).max() < 1.1 * steepest + 0.5 / 300


@pytest.mark.parametrize("rate, channels", [(7999, 1), (192001, 1), (0, 1), (np.nan, 1), (48000, 0)])
def test_impossible_streams_are_refused(rate, channels):
    network = Network(packed(cr_ced_like()))
    with pytest.raises(ValueError, match="sample rate must be within|at least one channel"):
        Processor(network, rate, channels)


def test_a_bare_graph_is_no_effect():
    network = Network(packed(bare(lambda graph, x: graph.dense(x, 2), (3, 3))))
    with pytest.raises(ValueError, match="no audio front end"):
        Processor(network, 48000)
    with pytest.raises(ValueError, match="no front end"):
        network.features(np.zeros(100), 48000)


def test_wrong_number_of_channels_is_refused():
    with pytest.raises(ValueError, match=r"must be \(2, samples\)"):
        Processor(Network(packed(cr_ced_like())), 48000, 2).process(np.zeros((3, 10)))
