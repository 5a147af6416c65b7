"""Where weights come from."""

import json
from pathlib import Path

import pytest

from training.fit.origin import heard, origins


def described(folder: Path, **run: object) -> Path:
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(run))
    return folder / "last.keras"


def test_each_run_is_told_of_once_after_those_it_names(tmp_path: Path) -> None:
    first = described(tmp_path / "first", recipe={"seed": 1})
    paths = [first]
    for name in ("second", "third"):
        names, before = origins(paths[-1], first)
        assert names == [f"{paths[-1].parent.name}/last.keras", "first/last.keras"]
        paths.append(described(tmp_path / name, mean_of=names, before=before))
    names, before = origins(*paths)
    assert list(before) == names == ["first/last.keras", "second/last.keras", "third/last.keras"]
    assert before["third/last.keras"] == {"mean_of": ["second/last.keras", "first/last.keras"]}
    assert origins(tmp_path / "bare" / "last.keras") == (["bare/last.keras"], {"bare/last.keras": {}})
    with pytest.raises(FileNotFoundError, match="or a run's last.keras"):
        origins(tmp_path / "first")


def test_data_and_licences_of_all_runs_before_count(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "graph.json").write_text(
        json.dumps({"meta": {"licence": "CC BY-NC 3.0", "data": ["street (CC BY-NC 3.0)"], "parameters": 1}})
    )
    names, before = origins(model)
    data = {"speech": [{"name": "readers", "licence": "CC0"}], "noise": [{"name": "rain", "licence": "CC BY 4.0"}]}
    second = described(tmp_path / "second", recipe={}, data=data, start=names[0], before=before)
    names, before = origins(second)
    third = {"recipe": {}, "data": {**data, "noise": []}, "start": names[0], "before": before}
    assert heard(third) == (
        ["readers (CC0)", "street (CC BY-NC 3.0)", "rain (CC BY 4.0)"],
        {"CC0", "CC BY 4.0", "CC BY-NC 3.0"},
    )
