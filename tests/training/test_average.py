"""The mean of runs."""

import json
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")
from training import export  # noqa: E402
from training.fit import average as mean  # noqa: E402
from training.network import NETWORKS, Graph  # noqa: E402
from training.network.front_end import narrowband  # noqa: E402
from training.network.keras_build import build, load, weights_of  # noqa: E402
from training.train import for_regions  # noqa: E402


def small(seed: int, filters: int = 3) -> keras.Model:
    keras.utils.set_random_seed(seed)
    graph = Graph("small", narrowband())
    x = graph.conv(graph.input("input", 129, 1), filters, (1, 3), name="conv")
    graph.output("magnitude", graph.dense(x, 1, name="dense"))
    return build(graph)


def run(folder: Path, model: keras.Model, **description: object) -> Path:
    folder.mkdir()
    model.save(folder / "last.keras")
    if description:
        (folder / "run.json").write_text(json.dumps(description))
    return folder / "last.keras"


def test_weights_are_the_mean_and_the_card_tells_of_whom(tmp_path: Path) -> None:
    # Two runs may take recordings of other licences from one corpus.
    data = [
        {"speech": [{"name": name, "licence": "CC0"}], "noise": [{"name": "game", "licence": licence}]}
        for name, licence in (("readers", "GPL-2"), ("actors", "CC BY-SA 3.0"))
    ]
    data[1]["teacher"] = [{"name": "estimates", "licence": "MIT"}]
    models = [small(seed) for seed in (1, 2)]
    paths = [
        run(tmp_path / name, model, recipe={"monitor": "loss", "seed": name}, data=d)
        for name, model, d in zip(("first", "second"), models, data, strict=True)
    ]
    assert mean.main([*map(str, paths), "--out", str(tmp_path / "mean")]) == 0
    got = weights_of(load(tmp_path / "mean" / "last.keras"))
    for name, value in got.items():
        np.testing.assert_allclose(value, (weights_of(models[0])[name] + weights_of(models[1])[name]) / 2, atol=1e-7)
    export.export(tmp_path / "mean" / "last.keras", "mine", tmp_path / "out")
    card = (tmp_path / "out" / "card.md").read_text()
    assert "- readers (CC0)\n- game (GPL-2)\n- actors (CC0)\n- game (CC BY-SA 3.0)\n- estimates (MIT)\n" in card
    assert "\nThe mean of the weights of `first/last.keras`; `second/last.keras`.\n" in card
    assert '"seed": "second"' in card.split("`second/last.keras`: ")[1].split("`first/last.keras`: ")[0]
    assert '"seed": "first"' in card.split("`first/last.keras`: ")[1]
    # Of a folder, the card takes what there is: a mean has no best epoch.
    export.export(tmp_path / "mean", "mine", tmp_path / "of_folder")
    assert (tmp_path / "of_folder" / "card.md").read_text() == card
    mean.mean([tmp_path / "mean" / "last.keras", paths[0]], tmp_path / "again")
    again = json.loads((tmp_path / "again" / "run.json").read_text())
    assert again["mean_of"] == ["mean/last.keras", "first/last.keras"]
    assert list(again["before"]) == ["first/last.keras", "second/last.keras", "mean/last.keras"]


def test_other_runs_of_one_name_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old").mkdir()
    paths = [run(folder / "a", small(1), recipe={"seed": str(folder)}) for folder in (tmp_path, tmp_path / "old")]
    assert mean.main([*map(str, paths), "--out", str(tmp_path / "mean")]) == 1
    assert "two runs that differ are called a/last.keras: give the folder of one" in capsys.readouterr().err
    assert not (tmp_path / "mean").exists()


def test_one_given_twice_weighs_twice(tmp_path: Path) -> None:
    models = [small(seed) for seed in (1, 2)]
    one, two = (run(tmp_path / name, model) for name, model in zip("ab", models, strict=True))
    mean.mean([one, two, one], tmp_path / "mean")
    first, second = map(weights_of, models)
    for name, value in weights_of(load(tmp_path / "mean" / "last.keras")).items():
        np.testing.assert_allclose(value, (2 * first[name] + second[name]) / 3, atol=1e-6)


def test_wider_regions_are_told_apart_first(tmp_path: Path) -> None:
    whole, regions = (build(NETWORKS[name]()) for name in ("fullband", "fullband_regions"))
    paths = [run(tmp_path / name, model) for name, model in (("whole", whole), ("regions", regions))]
    mean.mean(paths, tmp_path / "mean")
    got, wide = load(tmp_path / "mean" / "last.keras"), for_regions(weights_of(whole), regions.graph)
    assert got.graph.parameters == regions.graph.parameters
    name = "block1_memory3/kernel"
    np.testing.assert_allclose(weights_of(got)[name], (wide[name] + weights_of(regions)[name]) / 2, atol=1e-7)
    known = json.loads((tmp_path / "mean" / "run.json").read_text())
    names = ["whole/last.keras", "regions/last.keras"]
    assert known == {"mean_of": names, "before": {name: {} for name in names}}


def test_another_network_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [run(tmp_path / name, model) for name, model in (("a", small(1)), ("b", small(1, filters=2)))]
    assert mean.main([*map(str, paths), "--out", str(tmp_path / "mean")]) == 1
    assert "weight 'conv/kernel' of shape" in capsys.readouterr().err
    assert not (tmp_path / "mean").exists()


def test_a_run_keeps_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    last = run(tmp_path / "a", small(1))
    best = last.with_name("best.keras")
    best.write_bytes(last.read_bytes())
    before = last.read_bytes()
    assert mean.main([str(last), str(last), "--out", str(tmp_path / "a")]) == 1
    assert "a holds a run of its own: give the mean another folder." in capsys.readouterr().err
    assert last.read_bytes() == before
