import json
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from engine_models import BARE, cr_ced_like, fullband_like, packed, random_weights, signed, small
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from speechenh_plugin import DeepDenoise, modelfile, preset, store
from speechenh_plugin.engine import Network, Processor
from training.network.graph import Graph

SMALL = packed(small())


def directory_of(graph: Graph, path: Path) -> Path:
    path.mkdir()
    (path / "graph.json").write_text(json.dumps(graph.to_json({"licence": "MIT"})))
    save_file(random_weights(graph), path / "weights.safetensors")
    return path


@pytest.mark.parametrize("declare", [small, cr_ced_like, fullband_like])
def test_directory_file_and_bytes_give_the_same_network(tmp_path, declare):
    directory = directory_of(declare(), tmp_path / "model")
    data = modelfile.pack(directory)
    (tmp_path / "model.ddn").write_bytes(data)
    networks = [Network(data), Network(directory), Network(tmp_path / "model.ddn")]
    (name,) = declare().inputs
    shape = declare().inputs[name].shape
    assert networks[0].inputs == {name: shape}
    x = np.random.default_rng(0).standard_normal((5, *shape))
    results = [next(iter(network.run({name: x}).values())) for network in networks]
    assert all(np.array_equal(results[0], other) for other in results[1:])
    assert modelfile.read_meta(data) == {"name": declare().name, "rank": 1000, "licence": "MIT"}


def test_the_build_packs_with_a_command_and_no_package(tmp_path):
    directory = directory_of(small(), tmp_path / "model")
    name = small().name
    command = [sys.executable, modelfile.__file__, str(directory), str(tmp_path / f"{name}.ddn")]
    subprocess.run(command, check=True, cwd=tmp_path)
    assert (tmp_path / f"{name}.ddn").read_bytes() == modelfile.pack(directory)
    misnamed = subprocess.run([*command[:-1], "other.ddn"], cwd=tmp_path, capture_output=True, text=True)
    assert misnamed.returncode != 0 and f"is called '{name}'" in misnamed.stderr
    assert not (tmp_path / "other.ddn").exists()
    (directory / "weights.safetensors").unlink()
    failed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert failed.returncode != 0
    assert failed.stderr.startswith("error: ")
    assert "weights.safetensors is missing" in failed.stderr


def test_weights_lie_aligned():
    offsets = [SMALL.find(value.tobytes()) for value in random_weights(small()).values()]
    assert all(offset > 0 and offset % 64 == 0 for offset in offsets)


# -- what the packer refuses


@pytest.mark.parametrize("change, reason", [
    (lambda g: g.update(format=2), "format 2"),
    (lambda g: g["nodes"][1].update(stride=None), "node 'conv': stride is None"),
    (lambda g: g["nodes"][1].update(stride=2**63), "node 'conv': stride is 9223372036854775808"),
    (lambda g: g["nodes"][1].update(kernel=[2, True]), r"kernel is \[2, True\]; a flag, number, text or list"),
    (lambda g: g["nodes"][1].update(kernel=[2, "3"]), "kernel is "),
    (lambda g: g["front_end"].update(kind={}), "front_end: kind is {}"),
    (lambda g: g["nodes"][1].update(inputs=["gru"]), "input 'gru' is no earlier node"),
    (lambda g: g["nodes"][1].pop("type"), "not a complete graph"),
    (lambda g: g["nodes"][2].update(name="conv"), "two nodes are called 'conv'"),
    (lambda g: g["outputs"].update(y="nobody"), "'nobody', which is no node"),
    (lambda g: g.pop("nodes"), "not a complete graph"),
    (lambda g: g["nodes"][-1].update(name="other") or g["outputs"].update(y="other"), "'last/.*' belongs to no node"),
    (lambda g: g.update(rank=-1), "not a complete graph"),
])  # fmt: skip
def test_wrong_graphs_are_refused_by_name(tmp_path, change, reason):
    directory = directory_of(small(), tmp_path / "model")
    graph = json.loads((directory / "graph.json").read_text())
    change(graph)
    (directory / "graph.json").write_text(json.dumps(graph))
    with pytest.raises(ValueError, match=reason):
        modelfile.pack(directory)


def test_damaged_directories_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"graph\.json is missing"):
        modelfile.pack(tmp_path)
    directory = directory_of(small(), tmp_path / "model")
    (directory / "weights.safetensors").write_bytes(b"no tensors")
    with pytest.raises(ValueError, match="not readable"):
        modelfile.pack(directory)
    (directory / "graph.json").write_text("{")
    with pytest.raises(ValueError, match="model"):
        modelfile.pack(directory)


# -- what the engine refuses: the bytes are untrusted


def refusal(data: bytes) -> str:
    with pytest.raises(ValueError, match="refused: ") as caught:
        Network(data)
    return str(caught.value)


def test_truncated_at_every_byte():
    for length in range(len(SMALL)):
        assert "not a DeepDenoise" in refusal(SMALL[:length]) or "incomplete" in refusal(SMALL[:length])


def test_truncated_and_signed_again():
    for length in range(24, len(SMALL) - 4, 3):
        refusal(signed(SMALL[:length]))


def test_flipped_bits():
    for at in range(len(SMALL)):
        flipped = bytearray(SMALL)
        flipped[at] ^= 1 << (at % 8)
        refusal(bytes(flipped))


def test_every_reason_is_given():
    assert "not a DeepDenoise model file" in refusal(b"")
    assert "not a DeepDenoise model file" in refusal(b"RIFF" + SMALL[4:])
    for version in (1, 3):
        older = refusal(SMALL[:8] + struct.pack("<I", version) + SMALL[12:])
        assert f"its version is {version}, this engine reads version 2: export the model again" in older
    assert "incomplete" in refusal(SMALL + b"\0")
    assert "damaged" in refusal(SMALL[:-1] + bytes([SMALL[-1] ^ 1]))
    for read in (b"", SMALL + b"\0", SMALL[:-1] + bytes([SMALL[-1] ^ 1]), SMALL[:8] + b"\1" + SMALL[9:]):
        with pytest.raises(ValueError, match="not a DeepDenoise|incomplete|damaged|version"):
            modelfile.read_meta(read)


def older(data: bytes) -> bytes:
    """The file as if written in format 1."""
    return data[:8] + struct.pack("<I", 1) + data[12:]


def test_models_of_an_older_format_are_refused_in_files_presets_and_states(tmp_path):
    data = older(packed(fullband_like()))
    effect = DeepDenoise()
    before = effect.model
    cid = preset.class_id(store.bundle_path())
    (tmp_path / "old.ddn").write_bytes(data)
    (tmp_path / "old.vstpreset").write_bytes(preset.pack_preset(preset.State({}, data), cid))
    for name in ("old.ddn", "old.vstpreset"):
        with pytest.raises(ValueError, match=r"version (is )?1, .* reads version 2: export (it|the model) again"):
            DeepDenoise(model=tmp_path / name)
        with pytest.raises(ValueError, match=r"version (is )?1, .* reads version 2: export (it|the model) again"):
            effect.model = tmp_path / name
    for load in (
        lambda: effect.load_preset(str(tmp_path / "old.vstpreset")),
        lambda: setattr(effect, "preset_data", (tmp_path / "old.vstpreset").read_bytes()),
    ):
        with pytest.raises(RuntimeError):
            load()
    assert effect.model == before


def test_card_data_that_is_none():
    for old, new in (
        (b"\x02\0\0\0{}", b"\x02\0\0\0[]"),
        (b"\x02\0\0\0{}", b"\xff\xff\xff\x7f{}"),
        (b"small", b"sm\xffll"),
    ):
        assert SMALL.count(old) >= 1
        with pytest.raises(ValueError, match="card data is not readable"):
            modelfile.read_meta(signed(SMALL.replace(old, new, 1)))


def test_names_are_printable_and_used_once():
    graph = small().to_json()
    for name in ("", "y\n", "é"):
        graph["outputs"] = {name: "last"}
        assert "an output's name must be printable ASCII" in refusal(
            modelfile.pack_graph(graph, random_weights(small()))
        )
    two = Graph("two", BARE)
    x = two.add_up(two.input("in1", 2, 2), two.input("in2", 2, 2))
    two.output("out1", x)
    two.output("out2", x)
    data = packed(two)
    assert "output 'out1' is not one node" in refusal(signed(data.replace(b"out2", b"out1")))
    assert "two inputs are called 'in1'" in refusal(signed(data.replace(b"in2", b"in1")))


def test_weights_that_are_not_numbers():
    weights = random_weights(small())
    weights["conv/kernel"][1, 2, 1, 3] = np.nan
    assert "node 'conv': a weight is not a finite number" in refusal(packed(small(), weights))


def test_weights_of_another_shape():
    weights = random_weights(small())
    weights["gru/recurrent_kernel"] = weights["gru/recurrent_kernel"].T.copy()
    assert "node 'gru': weight recurrent_kernel must have shape (3, 9)" in refusal(packed(small(), weights))


def test_weights_that_share_values():
    """Else a file of 32 MB could name gigabytes."""
    graph = Graph("twice", BARE)
    x = graph.input("x", 1, 64)
    for _ in range(2):
        x = graph.dense(x, 64)
    graph.output("y", x)
    data = packed(graph)
    layer = (64 + 1) * 64 * 4  # bytes, kernel and bias
    for shape, at in ((2, 64, 64), len(data) - layer), ((1, 64), len(data) - 64 * 4):
        second, first = (struct.pack(f"<{len(shape)}IQ", *shape, offset) for offset in (at, at - layer))
        assert data.count(second) == data.count(first) == 1
        data = data.replace(second, first)
    assert "the weights are more than the file holds" in refusal(signed(data[:-layer]))


@pytest.mark.parametrize("attribute, value, reason", [
    ("filters", 0, "filters is 0"),
    ("filters", 2**31, "filters is"),
    ("kernel", [2, 10**6], "kernel is"),
    ("dilation", 10**6, "dilation is"),
    ("stride", 0, "stride is 0"),
    ("groups", 3, "groups must divide"),
    ("groups", 2.0, "groups must be a whole number"),
    ("kernel", [2, 3, 4], "kernel must be 2 whole numbers"),
    ("kernel", [2.5, 3], "kernel must be 2 whole numbers"),
    ("kernel", [257, 3], "kernel reaches further back than 256 frames"),
    ("use_bias", 1, "use_bias must be true or false"),
    ("activation", "swish", "activation is 'swish', not one of linear, relu, leaky_relu"),
    ("activation", 1, "activation, not one of linear"),
    ("alpha", 0.1, "attribute alpha is unknown"),
    ("padding", "same", "attribute padding is unknown"),
    ("type", "lstm", "this engine has no layer of type 'lstm'"),
    ("type", "l\x7f", "a node's type must be printable ASCII"),
    ("stride", [1] * 1025, "the length of a list is 1025"),
    ("activation", "x" * 257, "the length of a text is 257"),
])  # fmt: skip
def test_lying_attributes(attribute, value, reason):
    graph = small().to_json()
    graph["nodes"][1][attribute] = value
    assert reason in refusal(modelfile.pack_graph(graph, random_weights(small())))


@pytest.mark.parametrize("attribute", ["filters", "kernel", "stride", "dilation", "groups", "activation", "use_bias"])
def test_missing_attributes_are_named(attribute):
    graph = small().to_json()
    del graph["nodes"][1][attribute]
    refused = refusal(modelfile.pack_graph(graph, random_weights(small())))
    assert f"node 'conv': attribute {attribute} is missing" in refused


def test_attributes_and_weights_are_given_once():
    data = SMALL.replace(b"stride", b"filter").replace(b"filters", b"filter\0")
    assert "must be printable" in refusal(signed(data))
    assert "two attributes are called groups" in refusal(signed(SMALL.replace(b"stride", b"groups", 1)))
    assert "two weights are called gamma" in refusal(signed(SMALL.replace(b"\4\0\0\0beta", b"\5\0\0\0gamma")))


def test_weights_of_other_names():
    weights = random_weights(small())
    weights["conv/scale"] = np.ones(4, np.float32)
    assert "node 'conv': weight scale is unknown" in refusal(packed(small(), weights))
    del weights["conv/scale"], weights["gru/bias"]
    assert "node 'gru': weight bias is missing" in refusal(packed(small(), weights))


@pytest.mark.parametrize("change, reason", [
    ({"kind": "wideband"}, "kind is 'wideband', not one of none, narrowband, fullband"),
    ({"lookahead": 17}, "lookahead is 17"),
    ({"lookahead": None}, "attribute lookahead is missing"),
    ({"scale": 0.0}, "scale is out of range"),
    ({"scale": float("nan")}, "scale is out of range"),
    ({"scale": "25"}, "scale must be a number"),
    ({"centers": [0.0]}, "centers must be 2 to 1024 numbers"),
    ({"centers": [0.0, 1.0, 1.0]}, "the bands' centres do not rise"),
    ({"bands": 129}, "attribute bands is unknown"),
])  # fmt: skip
def test_lying_front_ends(change, reason):
    graph = fullband_like().to_json()
    graph["front_end"] = {key: value for key, value in (graph["front_end"] | change).items() if value is not None}
    refused = refusal(modelfile.pack_graph(graph, random_weights(fullband_like())))
    assert f"front end: {reason}" in refused


def test_whole_numbers_stand_for_real_ones():
    graph = fullband_like().to_json()
    graph["front_end"] |= {"max_gain": 1, "offset": 60, "scale": 25}
    assert modelfile.pack_graph(graph, random_weights(fullband_like())) != packed(fullband_like())
    x = np.random.default_rng(0).standard_normal(4000)
    results = [
        Network(modelfile.pack_graph(declared, random_weights(fullband_like()))).features(x, 8000)["bands"]
        for declared in (graph, fullband_like().to_json())
    ]
    assert np.array_equal(*results)


@pytest.mark.parametrize("node, inputs, reason", [
    (1, [], "there must be one input, not 0"),
    (1, ["x", "x"], "there must be one input, not 2"),
    (4, ["gru"], "attention takes query, key and value"),
    (4, ["gru", "gru", "conv"], "the inputs differ in shape"),
    (5, ["gru", "gru"], "there must be one input, not 2"),
])  # fmt: skip
def test_numbers_of_inputs(node, inputs, reason):
    graph = small().to_json()
    graph["nodes"][node]["inputs"] = inputs
    assert reason in refusal(modelfile.pack_graph(graph, random_weights(small())))


def test_rank():
    graph = small().to_json() | {"rank": 3}
    data = modelfile.pack_graph(graph, random_weights(small()))
    assert modelfile.read_meta(data)["rank"] == modelfile.read_rank(data[: modelfile.LABEL]) == 3
    graph["rank"] = 10**6 + 1
    data = modelfile.pack_graph(graph, random_weights(small()))
    assert "the rank is 1000001" in refusal(data)
    for head in (data, b"", SMALL[:30], SMALL[:8] + b"\1" + SMALL[9:], SMALL.replace(b"small", b"sm\x07ll")):
        with pytest.raises(ValueError, match="rank|not a DeepDenoise|version|printable"):
            modelfile.read_rank(head)


def test_networks_too_large_to_run():
    sums = Graph("sums", BARE)
    x = sums.input("x", 60000, 60)
    for _ in range(40):
        x = sums.add_up(x, x)
    attention = Graph("attention", BARE)
    x = attention.input("x", 20000, 1)
    x = attention.attention(x, x, x)
    history = Graph("history", BARE)
    x = history.conv(history.input("x", 2, 64), 1, (100, 200), dilation=200)
    # Many frames for one reader, wide margins for the other: all frames need the margins.
    readers = Graph("readers", BARE)
    x = readers.input("x", 129, 1)
    readers.conv(x, 1, (256, 1), dilation=256, name="long")
    readers.add_up("long", readers.conv(x, 1, (1, 4096), name="wide"))
    strides = Graph("strides", BARE)
    strides.conv_transpose(strides.input("x", 1, 4000), 80, 1, stride=64)
    for graph in (sums, attention, history, readers, strides):
        graph.output("y", list(graph.nodes)[-1])
        assert "too large to run" in refusal(packed(graph))


def test_front_ends_need_their_ports():
    graph = cr_ced_like().to_json()
    graph["outputs"] = {"gains": graph["outputs"]["magnitude"]}
    assert "needs an output named magnitude" in refusal(modelfile.pack_graph(graph, random_weights(cr_ced_like())))
    graph = fullband_like().to_json()
    graph["front_end"]["centers"][5] = 0.0
    assert "do not rise" in refusal(modelfile.pack_graph(graph, random_weights(fullband_like())))


def test_a_stream_cannot_run_backwards_over_time():
    graph = small().to_json()
    graph["nodes"][3]["reverse"] = True
    assert "cannot run backwards" in refusal(modelfile.pack_graph(graph, random_weights(small())))


MODELS = [SMALL, packed(cr_ced_like()), packed(fullband_like(low_bins=16, taps=2))]


@settings(deadline=None, max_examples=200)
@given(
    model=st.sampled_from(MODELS),
    changes=st.lists(
        st.tuples(st.integers(0, 4000), st.one_of(st.integers(0, 255), st.sampled_from([2**31, 2**32 - 1, 1 << 16]))),
        min_size=1,
        max_size=4,
    ),
)
def test_signed_lies_are_refused_or_harmless(model, changes):
    data = bytearray(model)
    for at, value in changes:
        at = 24 + at % (len(data) - 28)
        if value < 256:
            data[at] = value
        else:
            data[at : at + 4] = struct.pack("<I", value)
    try:
        network = Network(signed(bytes(data)))
    except ValueError as error:
        assert "refused: " in str(error)
        return
    if model is SMALL:
        network.run({name: np.ones((2, *shape)) for name, shape in network.inputs.items()})
    else:
        y = Processor(network, 8000).process(np.full(400, 0.1, np.float32))
        assert np.isfinite(y).all()
