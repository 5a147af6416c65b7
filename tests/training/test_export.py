"""From a trained network to a model that the plug-in runs."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

keras = pytest.importorskip("keras")
from speechenh_plugin.engine import Network  # noqa: E402
from training import export  # noqa: E402
from training.export import card  # noqa: E402
from training.export.__main__ import main  # noqa: E402
from training.network import NETWORKS, Graph  # noqa: E402
from training.network.front_end import narrowband  # noqa: E402
from training.network.graph import GraphError  # noqa: E402
from training.network.keras_build import build, weights_of  # noqa: E402


def trained(graph: Graph) -> object:
    """A network whose batch norms have seen something."""
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    weights = {name: value + 0.3 * random.random(value.shape) for name, value in weights_of(build(graph)).items()}
    return build(graph, weights)


def small() -> tuple[Graph, str]:
    graph = Graph("small", narrowband())
    return graph, graph.input("input", 129, 1)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_runs_in_the_engine_as_in_keras(name: str, tmp_path: Path) -> None:
    trained(NETWORKS[name]()).save(tmp_path / "best.keras")  # type: ignore[attr-defined]
    assert export.export(tmp_path / "best.keras", "mine", tmp_path / "out") <= export.TOLERANCE
    graph = json.loads((tmp_path / "out" / "graph.json").read_text())
    assert graph["name"] == "mine"
    assert not [node for node in graph["nodes"] if node["type"] in ("batch_norm", "affine")]
    assert graph["meta"]["parameters"] == NETWORKS[name]().parameters
    declared = NETWORKS[name]()
    shapes = {role: declared.nodes[node].shape for role, node in declared.outputs.items()}
    assert Network(tmp_path / "out").outputs == shapes


def test_norms_and_activations_fold_where_they_can_and_only_there() -> None:
    graph, x = small()
    x = graph.conv(x, 4, (1, 3), use_bias=False, name="folds")
    x = graph.activation(graph.batch_norm(x), "prelu")
    shared = graph.conv(x, 4, (1, 3), name="shared")
    x = graph.add_up(graph.batch_norm(shared), shared)
    x = graph.activation(graph.batch_norm(x), "relu")
    x = graph.batch_norm(graph.conv_transpose(x, 3, 4, stride=2, name="up"))
    x = graph.batch_norm(graph.dense(x, 1, activation="tanh", name="bent"))
    graph.output("magnitude", graph.slice(x, 0, 129))
    network = trained(graph)
    folded, weights = export.fold(graph, weights_of(network))
    assert [node.type for node in folded.nodes.values()] == (
        ["input", "conv", "conv", "affine", "add", "affine", "activation", "conv_transpose", "dense", "affine", "slice"]
    )
    assert folded.nodes["folds"].attributes["activation"] == "prelu"
    assert weights["folds/alpha"].shape == (4,)
    x = np.random.default_rng(1).standard_normal((1, 5, 129, 1)).astype(np.float32)
    np.testing.assert_allclose(
        build(folded, weights)({"input": x})["magnitude"],
        network({"input": x})["magnitude"],  # type: ignore[operator]
        atol=1e-5,
    )


def test_a_card_tells_of_each_run_once_and_what_its_recipe_had_otherwise() -> None:
    first: dict[str, Any] = {"recipe": {"seed": 1, "loss": {"rmse": 1.0}, "frames": 8}, "data": {}}
    second = {
        "recipe": {"seed": 2, "loss": {"rmse": 1.0, "stoi": 0.5}, "frames": 8},
        "data": {},
        "from": "first/last.keras",
    }
    mean = {"mean_of": {"first/last.keras": 1.0, "second/last.keras": 2.0}}
    before = {
        "models/old": {"licence": "MIT", "data": []},
        "bare/last.keras": {},
        "first/last.keras": first,
        "second/last.keras": second,
        "mean/last.keras": mean,
    }
    third = {"recipe": {**first["recipe"], "seed": 3}, "data": {}, "from": "mean/last.keras", "before": before}
    text = "\n".join(card.recipe_lines(third))
    told, rest = text.split("```json\n")
    recipe, others = rest.split("\n```\n\n")
    assert told == "Trained from `mean/last.keras` by\n\n"
    assert json.loads(recipe) == third["recipe"]
    assert others.split("\n\n") == [
        "`mean/last.keras`: the mean of the weights of `first/last.keras`; `second/last.keras`, 2 times.",
        "`second/last.keras`: trained from `first/last.keras` "
        'by the same but for `{"seed": 2, "loss": {"stoi": 0.5}}`.',
        '`first/last.keras`: trained from random weights by the same but for `{"seed": 1}`.',
        "`bare/last.keras`: not recorded.",
        "`models/old`: its own card tells.",
    ]
    lines = card.recipe_lines({**mean, "before": {name: before[name] for name in mean["mean_of"]}})
    assert lines[0].startswith("The mean of the weights of `first/last.keras`; ")
    assert lines[2] == "`second/last.keras`: trained from `first/last.keras` by"
    assert lines[-1].endswith('by the same but for `{"seed": 1, "loss": {"stoi": null}}`.')


@pytest.mark.parametrize(
    ("of_data", "of_weights"),
    [
        ("CC BY-NC-SA 4.0", "CC BY-NC-SA 4.0"),
        ("Non-commercial use", "Non-commercial use"),
        ("CC BY 3.0, CC BY-NC 3.0", "CC BY-NC 3.0"),
        ("OPEN AUDIO LICENCE", "MIT"),
        ("CC BY-SA 3.0", "MIT"),
        ("research use only", "research use only"),
        ("For Research Purposes", "For Research Purposes"),
    ],
)
def test_data_for_non_commercial_use_binds_what_began_with_it(of_data: str, of_weights: str) -> None:
    graph, x = small()
    first = {"recipe": {}, "data": {"noise": [{"name": "street", "licence": of_data}]}}
    run = {"recipe": {}, "data": {}, "from": "first/last.keras", "before": {"first/last.keras": first}}
    graph.output("magnitude", graph.conv(x, 1, (1, 3)))
    assert card.metadata(graph, run, None)["licence"] == of_weights
    assert card.metadata(graph, {}, None)["licence"] == "not stated"
    if of_weights != "MIT":
        run["data"] = {"noise": [{"name": "rain", "licence": "CC BY-NC-ND 4.0"}]}
        with pytest.raises(export.ExportError, match="give the weights' licence with --licence"):
            card.metadata(graph, run, None)


def test_data_of_unknown_licence_ask_for_the_licence_of_weights() -> None:
    graph, x = small()
    graph.output("magnitude", graph.conv(x, 1, (1, 3)))
    sources = [{"name": "street", "licence": "not stated"}, {"name": "voices", "licence": "CC0"}]
    run = {"recipe": {}, "data": {"noise": sources}}
    with pytest.raises(export.ExportError, match="licence of street is not stated: give the weights' with --licence"):
        card.metadata(graph, run, None)
    assert card.metadata(graph, run, "MIT")["licence"] == "MIT"


def test_an_output_before_a_norm_keeps_its_value() -> None:
    graph, x = small()
    raw = graph.conv(x, 1, (1, 3), name="raw")
    graph.output("magnitude", raw)
    graph.output("normed", graph.batch_norm(raw, name="norm"))
    trained_weights = weights_of(trained(graph))  # type: ignore[arg-type]
    folded, weights = export.fold(graph, trained_weights)
    np.testing.assert_array_equal(weights["raw/kernel"], trained_weights["raw/kernel"])
    assert folded.outputs == {"magnitude": "raw", "normed": "norm"}
    assert folded.nodes["norm"].type == "affine"


def test_the_card_tells_data_licence_recipe_and_measures(tmp_path: Path) -> None:
    graph, x = small()
    graph.output("magnitude", graph.conv(x, 1, (1, 3)))
    build(graph).save(tmp_path / "best.keras")
    run = {
        "recipe": {"network": "small"},
        "stage": {"monitor": "val_rmse"},
        "from": "first/best.keras",
        "before": {"first/best.keras": {"recipe": {"network": "small"}, "stage": {"epochs": 7}}},
        "data": {
            "speech": [{"name": "voices", "licence": "CC0"}],
            "noise": [{"name": "UrbanSound8K", "licence": "CC BY-NC 3.0"}, {"name": "voices", "licence": "CC0"}],
        },
    }
    (tmp_path / "run.json").write_text(json.dumps(run))
    (tmp_path / "history.csv").write_text("epoch,val_rmse\n1,0.5\n2,0.4\n3,0.45\n")
    (tmp_path / "history.png").write_bytes(b"curves")
    evaluation = {"title": "dev16", "systems": {"noisy": {"STOI": 0.7}, "mine": {"STOI": 0.8}}}
    (tmp_path / "evaluation.json").write_text(json.dumps(evaluation))
    (tmp_path / "notes.md").write_text("Trials.\n")
    (tmp_path / "of_a_run.json").write_text(json.dumps({"7": {"dev16": {"STOI": 0.8}}}))
    with pytest.raises(export.ExportError, match="is not of training.evaluate"):
        export.export(tmp_path, "mine", tmp_path / "out", evaluations=[tmp_path / "of_a_run.json"])
    export.export(
        tmp_path, "mine", tmp_path / "out", evaluations=[tmp_path / "evaluation.json"], notes=tmp_path / "notes.md"
    )
    meta = json.loads((tmp_path / "out" / "graph.json").read_text())["meta"]
    assert meta["licence"] == "CC BY-NC 3.0"
    assert meta["data"] == ["voices (CC0)", "UrbanSound8K (CC BY-NC 3.0)"]
    assert meta["measures"]["validation"] == {"epochs": 3, "best epoch": 2, "rmse": 0.4}
    assert (tmp_path / "out" / "history.png").read_bytes() == b"curves"
    card = (tmp_path / "out" / "card.md").read_text()
    assert '"epochs": 7' in card.split("`first/best.keras`: ")[1]
    for line in (
        "UrbanSound8K (CC BY-NC 3.0)",
        "voices (CC0)",
        "dev16, denoised: STOI 0.8",
        '"network": "small"',
        "![Learning curves](history.png)",
        "\n## Notes\n\nTrials.\n",
    ):
        assert line in card
    (tmp_path / "best.keras").rename(tmp_path / "last.keras")
    export.export(tmp_path / "last.keras", "mine", tmp_path / "last")
    measures = json.loads((tmp_path / "last" / "graph.json").read_text())["meta"]["measures"]
    assert measures["validation"] == {"epochs": 3, "rmse": 0.45}


def test_what_a_person_wrote_and_the_rank_stay(tmp_path: Path) -> None:
    graph, x = small()
    graph.output("magnitude", graph.conv(x, 1, (1, 3)))
    build(graph).save(tmp_path / "last.keras")
    out = tmp_path / "out"
    export.export(tmp_path / "last.keras", "mine", out, rank=7, purpose="trials")
    card = out / "card.md"
    sections = [line[3:] for line in card.read_text().splitlines() if line.startswith("## ")]
    assert sections == ["Use", "Limits", "Measures", "Data", "Recipe", "Known failures"]
    card.write_text(card.read_text().replace("## Use\n\nNot described.", "## Use\n\nSpeech.\n\nNothing else."))
    (tmp_path / "notes.md").write_text("Noted.\n")
    for _ in range(2):
        export.export(tmp_path / "last.keras", "mine", out, notes=tmp_path / "notes.md")
    assert card.read_text().count("Noted.") == 1
    export.export(tmp_path / "last.keras", "mine", out)
    assert "Noted." not in card.read_text()
    declared = json.loads((out / "graph.json").read_text())
    assert (declared["rank"], declared["meta"]["purpose"]) == (7, "trials")
    assert "## Use\n\nSpeech.\n\nNothing else.\n\n## Limits\n\nNot described.\n" in card.read_text()


def test_refuses_what_the_engine_cannot_run_and_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = keras.Sequential([keras.Input((None, 129)), keras.layers.LSTM(4, name="memory")])
    foreign.save(tmp_path / "foreign.keras")
    with pytest.raises(GraphError, match=r"layer 'memory' \(LSTM\)"):
        export.export(tmp_path / "foreign.keras", "mine", tmp_path / "out")

    graph, x = small()
    graph.output("loudness", graph.dense(x, 1))
    build(graph).save(tmp_path / "model.keras")
    with pytest.raises(export.ExportError, match="the engine does not run mine"):
        export.export(tmp_path / "model.keras", "mine", tmp_path / "out")
    assert not (tmp_path / "out").exists()

    monkeypatch.setattr("training.export.parity.TOLERANCE", -1.0)
    graph.outputs = {"magnitude": "dense_1"}
    build(graph).save(tmp_path / "model.keras")
    with pytest.raises(export.ExportError, match="off Keras's"):
        export.export(tmp_path / "model.keras", "mine", tmp_path / "out")


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none"), "--name", "a", "--out", str(tmp_path / "a")]) == 1
    assert "none is missing" in capsys.readouterr().err
    (tmp_path / "broken.keras").write_bytes(b"not a zip")
    assert main([str(tmp_path / "broken.keras"), "--name", "a", "--out", str(tmp_path / "a")]) == 1
    assert "not readable by Keras" in capsys.readouterr().err
    graph, x = small()
    graph.output("magnitude", graph.conv(x, 1, (1, 3), name="last"))
    build(graph).save(tmp_path / "model.keras")
    assert main([str(tmp_path / "model.keras"), "--name", "a", "--out", str(tmp_path / "a")]) == 0
    assert "within" in capsys.readouterr().out
    for text in ("{", "[]"):
        (tmp_path / "measures.json").write_text(text)
        evaluation = ["--evaluation", str(tmp_path / "measures.json")]
        assert main([str(tmp_path / "model.keras"), "--name", "a", "--out", str(tmp_path / "b"), *evaluation]) == 1
        error = capsys.readouterr().err
        assert "measures.json is not of training.evaluate" in error and error.count("\n") == 1
    assert load_file(tmp_path / "a" / "weights.safetensors")["last/kernel"].shape == (1, 3, 1, 1)
