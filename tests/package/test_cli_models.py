"""``deepdenoise models``."""

import json

from commands import run

from speechenh_plugin import DeepDenoise, models


def test_models() -> None:
    found = models()
    told = json.loads(run("models", "--json").stdout)
    assert [entry["name"] for entry in told] == [model.name for model in found]
    assert [entry["name"] for entry in told if entry["default"]] == [DeepDenoise().model]
    assert all(entry["purpose"] for entry in told)
    table = run("models").stdout
    assert all(model.name in table for model in found)
    assert f"{DeepDenoise().model} (default)" in table
    assert "CC BY" not in table
    assert "CC BY-NC 3.0" in run("models", "--licences").stdout
