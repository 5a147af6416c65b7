"""Declared networks, and Keras built from them."""

import json

import numpy as np
import pytest
from sounds import speechlike

from training.network import NETWORKS, Graph, GraphError
from training.network.__main__ import table
from training.network.front_end import band_centers, narrowband

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")
from training.network.features import hop_length  # noqa: E402
from training.network.keras_build import build, weights_of  # noqa: E402

SEED_PARAMETERS = 169_989


def graph_of(*shape: int) -> tuple[Graph, str]:
    graph = Graph("test", narrowband())
    return graph, graph.input("input", *shape)


def run(graph: Graph, x: np.ndarray, output: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Output and weights of a graph of one output on x (time, frequency, channel)."""
    graph.output("y", output)
    model = build(graph)
    return model({"input": x[None]})["y"].numpy()[0], weights_of(model)


def test_parameter_counts() -> None:
    assert 32_000 <= NETWORKS["cr_ced"]().parameters <= 33_000
    assert abs(NETWORKS["u_ced"]().parameters / SEED_PARAMETERS - 1) < 0.01
    for name, declare in NETWORKS.items():
        graph = declare()
        model = build(graph)
        assert sum(int(np.prod(v.shape)) for v in model.trainable_variables) == graph.parameters
        assert f"| {name} | {graph.parameters:,} |" in table()


def test_the_flagship_keeps_to_its_budget() -> None:
    frames_a_second = 44100 / hop_length(44100)  # the most of any rate in use
    assert NETWORKS["fullband"]().macs * frames_a_second < 300e6


@pytest.mark.parametrize("name", ["cr_ced", "r_ced", "u_ced"])
def test_frequency_axis_is_constant(name: str) -> None:
    assert {node.shape[0] for node in NETWORKS[name]().nodes.values()} == {129}


@pytest.mark.parametrize("name", NETWORKS)
def test_causal_and_reaches_back_as_far_as_it_says(name: str) -> None:
    graph = NETWORKS[name]()
    model = build(graph)
    random = np.random.default_rng(0)
    x = {role: random.standard_normal((1, 30, *node.shape)).astype(np.float32) for role, node in graph.inputs.items()}
    changed = {role: values.copy() for role, values in x.items()}
    for values in changed.values():
        values[:, 10] += 1
    before, after = model(x), model(changed)
    for role in graph.outputs:
        difference = np.abs(before[role] - after[role])[0].max((1, 2))
        assert not difference[:10].any()
        assert difference[10] > 1e-6
        assert difference[10 + graph.context] > 0
        if all(node.type != "gru" for node in graph.nodes.values()):
            assert not difference[10 + graph.context + 1 :].any()


def test_json_round_trip() -> None:
    for declare in NETWORKS.values():
        graph = declare()
        again = Graph.from_json(json.dumps(graph.to_json()))
        assert again.to_json() == graph.to_json()
        assert again.parameters == graph.parameters


def test_keras_file_round_trip(tmp_path) -> None:
    model = build(NETWORKS["u_net"]())
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    x = {"input": speechlike(0.1, 129 * 50)[0, : 5 * 129].reshape(1, 5, 129, 1)}
    np.testing.assert_array_equal(model(x)["magnitude"], again(x)["magnitude"])


def test_macs_of_a_convolution_by_hand() -> None:
    graph, x = graph_of(10, 3)
    x = graph.conv(x, 4, (2, 5), stride=2)
    assert graph.macs == 5 * 4 * 2 * 5 * 3
    assert graph.nodes[x].shape == (5, 4)
    assert graph.parameters == 2 * 5 * 3 * 4 + 4


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda g, x: g.conv(x, 4, (1, 3), groups=2), "cannot be cut into 2 groups"),
        (lambda g, x: g.conv(x, 4, (0, 3)), "frames must be a whole number"),
        (lambda g, x: g.conv(x, 4, (1, 3), activation="softsign"), "activation 'softsign' is not one of"),
        (lambda g, x: g.conv("nowhere", 4, (1, 3)), "input 'nowhere' is not declared"),
        (lambda g, x: g.add("lstm", x, units=3), "unknown type; the engine runs"),
        (lambda g, x: g.slice(x, 5, 9), "cannot take 9 from 5 out of 10"),
        (lambda g, x: g.reshape(x, 7, 7), "cannot reshape"),
        (lambda g, x: g.add_up(x), "two or more inputs of one shape"),
        (lambda g, x: g.gru(x, 3, reverse=True), "time runs one way"),
        (lambda g, x: g.gru(x, 3, axis="frequency", per_position=True), "per_position is for axis time"),
        (lambda g, x: g.attention(x, x, x, heads=2), "cannot be cut into 2 heads"),
        (lambda g, x: g.dense(x, 3, name="input"), "a name must be unique"),
        (lambda g, x: g.add("dense", x, units=3), "attribute 'activation' is missing"),
        (
            lambda g, x: g.add("pad", x, before=1, after=1, around=2),
            "there is no attribute 'around', only before, after",
        ),
        (lambda g, x: g.add("transpose", [x, x]), "needs one input, not 2"),
    ],
)
def test_errors_name_the_node_and_the_reason(declare, message: str) -> None:
    graph, x = graph_of(10, 3)
    with pytest.raises(GraphError, match=message) as raised:
        declare(graph, x)
    assert "node '" in str(raised.value)


@pytest.mark.parametrize(("layer", "gain"), [("decoder1", 0.1), ("low_decoder1", 0.1), ("decoder2", 1.0)])
def test_masks_begin_near_one_half_and_filters_near_nothing(layer: str, gain: float) -> None:
    kernel = weights_of(build(NETWORKS["fullband"]()))[f"{layer}/kernel"]
    assert kernel.std() == pytest.approx(gain * np.sqrt(2 / np.prod(kernel.shape[:-1])), rel=0.3)


def test_build_refuses_a_node_that_leads_nowhere() -> None:
    graph, x = graph_of(10, 1)
    graph.output("y", graph.dense(x, 2))
    graph.dense(x, 3, name="stray")
    with pytest.raises(GraphError, match="'stray' leads to no output"):
        build(graph)


def test_build_refuses_weights_of_another_shape() -> None:
    graph, x = graph_of(10, 1)
    graph.output("y", graph.dense(x, 2, name="last"))
    weights = weights_of(build(graph))
    weights["last/kernel"] = np.zeros((1, 3))
    with pytest.raises(GraphError, match="last/kernel"):
        build(graph, weights)


# -- each node against Keras's own layer

NOISE = np.random.default_rng(1).standard_normal((6, 12, 8)).astype(np.float32)


@pytest.mark.parametrize(
    ("stride", "dilation", "groups"), [(1, 1, 1), (2, 1, 1), (3, 1, 1), (1, 2, 1), (1, 1, 4), (2, 1, 2), (2, 1, 8)]
)
def test_conv_equals_keras(stride: int, dilation: int, groups: int) -> None:
    graph, x = graph_of(12, 8)
    x = graph.conv(x, 16, (2, 5), stride=stride, dilation=dilation, groups=groups, activation="relu", name="c")
    got, weights = run(graph, NOISE, x)
    parts = []
    for g in range(groups):
        # Keras has no causal padding in two dimensions and trains no groups on a CPU: pad and cut by hand.
        inputs = np.pad(NOISE[..., g * 8 // groups : (g + 1) * 8 // groups], ((dilation, 0), (0, 0), (0, 0)))
        outs = slice(g * 16 // groups, (g + 1) * 16 // groups)
        frames = []
        for kt, past in enumerate((0, dilation)):
            layer = keras.layers.Conv2D(16 // groups, (1, 5), (1, stride), padding="same", use_bias=False)
            layer.build((None, None, 12, 8 // groups))
            layer.set_weights([weights["c/kernel"][kt : kt + 1, :, :, outs]])
            frames.append(layer(inputs[None, past : past + 6]).numpy()[0])
        parts.append(sum(frames))
    np.testing.assert_allclose(got, np.maximum(np.concatenate(parts, -1), 0), atol=1e-5)


def test_a_kernel_as_wide_as_the_frame_equals_keras() -> None:
    for stride in (1, 2):
        graph, x = graph_of(12, 8)
        got, weights = run(graph, NOISE, graph.conv(x, 3, (1, 13), stride=stride, name="c"))
        layer = keras.layers.Conv2D(3, (1, 13), (1, stride), padding="same")
        layer.build((None, None, 12, 8))
        layer.set_weights([weights["c/kernel"], weights["c/bias"]])
        np.testing.assert_allclose(got, layer(NOISE[None]).numpy()[0], atol=1e-5)


@pytest.mark.parametrize("stride", [2, 3])
def test_conv_transpose_equals_keras(stride: int) -> None:
    graph, x = graph_of(12, 8)
    got, weights = run(graph, NOISE, graph.conv_transpose(x, 5, 4, stride=stride, name="c"))
    layer = keras.layers.Conv2DTranspose(5, (1, 4), (1, stride), padding="same")
    layer.build((None, None, 12, 8))
    layer.set_weights([weights["c/kernel"], weights["c/bias"]])
    np.testing.assert_allclose(got, layer(NOISE[None]).numpy()[0], atol=1e-5)


@pytest.mark.parametrize(("axis", "reverse"), [("time", False), ("frequency", False), ("frequency", True)])
def test_gru_equals_keras_and_so_do_its_gradients(axis: str, reverse: bool) -> None:
    graph, x = graph_of(12, 8)
    graph.output("y", graph.gru(x, 5, axis=axis, reverse=reverse, name="g"))
    model = build(graph)
    layer = keras.layers.GRU(5, return_sequences=True, reset_after=True)
    layer.build((None, None, 8))
    bias = np.random.default_rng(2).standard_normal((2, 15)).astype(np.float32)
    model.get_layer("g").values["bias"].assign(bias)
    weights = weights_of(model)
    layer.set_weights([weights[f"g/{name}"] for name in ("kernel", "recurrent_kernel", "bias")])
    batch = np.stack([NOISE, -0.5 * NOISE[::-1]])
    turned = batch.transpose(0, 2, 1, 3) if axis == "time" else batch
    sequences = turned.reshape(-1, *turned.shape[2:])
    with tf.GradientTape(persistent=True) as tape:
        got = model({"input": batch})["y"]
        wanted = layer(sequences[:, ::-1] if reverse else sequences)
        wanted = tf.reshape(wanted[:, ::-1] if reverse else wanted, (*turned.shape[:3], 5))
        wanted = tf.transpose(wanted, (0, 2, 1, 3)) if axis == "time" else wanted
        losses = [tf.reduce_sum(tf.sin(y)) for y in (got, wanted)]
    np.testing.assert_allclose(got, wanted, atol=1e-5)
    ours = tape.gradient(losses[0], [v.value for v in model.get_layer("g").trainable_variables])
    theirs = tape.gradient(losses[1], [v.value for v in layer.trainable_variables])
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


@pytest.mark.parametrize("layer", ["dense", "gru"])
def test_weights_per_position_do_as_a_layer_for_each_position(layer: str) -> None:
    graph, x = graph_of(12, 8)
    graph.output("y", getattr(graph, layer)(x, 5, per_position=True, name="own"))
    parts_graph, x = graph_of(12, 8)
    parts = [getattr(parts_graph, layer)(parts_graph.slice(x, i, 1), 5, name=f"own{i}") for i in range(12)]
    parts_graph.output("y", parts_graph.concat(*parts, axis="frequency"))
    random = np.random.default_rng(3)
    weights = {key: random.standard_normal(value.shape) for key, value in weights_of(build(graph)).items()}
    of_parts = {f"own{i}/{key[4:]}": value[i] for key, value in weights.items() for i in range(12)}
    models = build(graph, weights), build(parts_graph, of_parts)
    assert graph.parameters == parts_graph.parameters
    assert graph.macs == parts_graph.macs
    batch = np.stack([NOISE, -0.5 * NOISE[::-1]])
    with tf.GradientTape(persistent=True) as tape:
        got, wanted = (model({"input": batch})["y"] for model in models)
        losses = [tf.reduce_sum(tf.sin(y)) for y in (got, wanted)]
    np.testing.assert_allclose(got, wanted, atol=1e-5)
    for variable in models[0].get_layer("own").trainable_variables:
        slopes = tape.gradient(losses[0], variable.value)
        for i in range(12):
            by_part = tape.gradient(losses[1], models[1].get_layer(f"own{i}").values[variable.name].value)
            np.testing.assert_allclose(slopes[i], by_part, atol=1e-4)


def test_each_positions_weights_begin_as_one_layers_would() -> None:
    graph, x = graph_of(17, 48)
    graph.output("y", graph.gru(x, 48, per_position=True, name="own"))
    weights = weights_of(build(graph))
    limit = np.sqrt(6 / (48 + 3 * 48))
    assert 0.95 * limit < np.abs(weights["own/kernel"]).max() <= limit
    for kernel in weights["own/recurrent_kernel"]:
        np.testing.assert_allclose(kernel @ kernel.T, np.eye(48), atol=1e-5)
    assert not np.allclose(weights["own/kernel"][0], weights["own/kernel"][1])


def test_normalisations_equal_keras() -> None:
    for axes, axis in (("channel", [-1]), ("all", [-2, -1])):
        graph, x = graph_of(12, 8)
        got, _ = run(graph, NOISE, graph.layer_norm(x, axes=axes))
        layer = keras.layers.LayerNormalization(axis=axis, epsilon=1e-5)
        np.testing.assert_allclose(got, layer(NOISE[None]).numpy()[0], atol=1e-5)
    graph, x = graph_of(12, 8)
    graph.output("y", graph.batch_norm(x))
    model, layer = build(graph), keras.layers.BatchNormalization(momentum=0.95)
    np.testing.assert_allclose(
        model({"input": NOISE[None]}, training=True)["y"], layer(NOISE[None], training=True), atol=1e-5
    )
    np.testing.assert_allclose(model({"input": NOISE[None]})["y"], layer(NOISE[None]), atol=1e-5)


def test_attention_equals_keras() -> None:
    graph, x = graph_of(12, 8)
    parts = [graph.slice(x, start, 4, axis="channel") for start in (0, 2, 4)]
    got, _ = run(graph, NOISE, graph.attention(*parts, heads=2))
    layer = keras.layers.MultiHeadAttention(2, 2, use_bias=False)
    query, key, value = NOISE[..., 0:4], NOISE[..., 2:6], NOISE[..., 4:8]
    layer(query, value, key)
    layer.set_weights([np.eye(4).reshape(shape) for shape in ((4, 2, 2), (4, 2, 2), (4, 2, 2), (2, 2, 4))])
    np.testing.assert_allclose(got, layer(query, value, key).numpy(), atol=1e-5)


def test_shapes_as_numpy_has_them() -> None:
    graph, x = graph_of(12, 8)
    got, _ = run(graph, NOISE, graph.pad(graph.upsample(x, 2), 1, 2))
    np.testing.assert_array_equal(got, np.pad(NOISE.repeat(2, 1), ((0, 0), (1, 2), (0, 0))))
    graph, x = graph_of(12, 8)
    got, _ = run(graph, NOISE, graph.transpose(graph.reshape(x, 24, 4)))
    np.testing.assert_array_equal(got, NOISE.reshape(6, 24, 4).swapaxes(1, 2))
    graph, x = graph_of(12, 8)
    first = graph.slice(x, 3, 1)
    got, _ = run(graph, NOISE, graph.concat(graph.multiply(x, first), x, axis="frequency"))
    np.testing.assert_allclose(got, np.concatenate([NOISE * NOISE[:, 3:4], NOISE], 1), rtol=1e-6)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "prelu", "elu", "sigmoid", "tanh", "silu"])
def test_activations_equal_keras(activation: str) -> None:
    graph, x = graph_of(12, 8)
    got, _ = run(graph, NOISE, graph.activation(x, activation))
    keras_layer = {
        "leaky_relu": lambda: keras.layers.LeakyReLU(0.2),
        "prelu": lambda: keras.layers.PReLU(keras.initializers.Constant(0.25)),
    }.get(activation, lambda: keras.layers.Activation(activation))()
    np.testing.assert_allclose(got, keras_layer(NOISE), atol=1e-6)


def test_bands_follow_the_ear() -> None:
    centers = np.array(band_centers())
    assert len(centers) == 129
    assert centers[0] == 0
    assert centers[-1] == 24000
    spacing = np.diff(centers)
    np.testing.assert_allclose(spacing[:20], 31.25)
    share = spacing / (24.7 * (4.37 * centers[:-1] / 1000 + 1))
    np.testing.assert_allclose(share[40:], share[60], rtol=1e-3)
    assert 0.28 < share[60] < 0.30


@pytest.mark.parametrize(("bands", "apart_to_hz"), [(1, 0.0), (770, 0.0), (33, 4000.0), (185, 30000.0)])
def test_bands_that_cannot_end_at_24_khz_are_refused(bands: int, apart_to_hz: float) -> None:
    with pytest.raises(ValueError, match="cannot end at 24000 Hz"):
        band_centers(bands, apart_to_hz)


@pytest.mark.parametrize("bands", [2, 9, 33, 769])
def test_any_number_of_bands_ends_at_24_khz(bands: int) -> None:
    centers = np.array(band_centers(bands))
    assert len(centers) == bands and centers[-1] == 24000
    spacing = np.diff(centers)
    assert spacing.min() >= 31.249
    share = spacing / (24.7 * (4.37 * centers[:-1] / 1000 + 1))
    np.testing.assert_allclose(share[spacing > 32], share.max(), rtol=2e-3)


def test_bands_are_a_bin_apart_as_far_as_asked_for() -> None:
    centers = np.array(band_centers(185, 4000.0))
    assert len(centers) == 185
    np.testing.assert_array_equal(centers[:129], np.arange(129) * 31.25)
    assert centers[-1] == 24000
    share = np.diff(centers)[128:] / (24.7 * (4.37 * centers[128:-1] / 1000 + 1))
    np.testing.assert_allclose(share, share[0], rtol=1e-3)
    assert 0.28 < share[0] < 0.30
