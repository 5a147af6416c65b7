from pathlib import Path

import pytest

from speechenh_plugin import DeepDenoise, modelfile, models, store


def bundled_sources() -> list[Path]:
    return sorted((Path(__file__).parents[2] / "models").glob("*/graph.json"))


def test_models_lists_what_the_repository_holds() -> None:
    assert [model.name for model in models()] == [path.parent.name for path in bundled_sources()]


@pytest.mark.parametrize("model", models(), ids=lambda model: model.name)
def test_each_bundled_model(model: store.ModelInfo) -> None:
    assert model.licence
    assert model.data
    assert 0 < model.parameters < 10_000_000
    assert model.macs_per_frame > 0
    assert DeepDenoise(model=model.name).model == model.name
    assert DeepDenoise(model=model.path).model == model.name


def test_default_is_the_first_of_the_preferred() -> None:
    names = [model.name for model in models()]
    if not names:
        with pytest.raises(FileNotFoundError, match="no model is bundled"):
            DeepDenoise()
        return
    preferred = [name for name in ("fullband", "cr_ced") if name in names]
    assert DeepDenoise().model == (preferred or names)[0]


def test_resolve(narrowband_model: Path, tmp_path: Path) -> None:
    packed = modelfile.pack(narrowband_model)
    file = tmp_path / "mine.ddn"
    file.write_bytes(packed)
    assert store.resolve(narrowband_model) == store.resolve(str(narrowband_model)) == packed
    assert store.resolve(file) == packed
    stored = tmp_path / "mine.vstpreset"
    stored.write_bytes(DeepDenoise(model=file, strength=10).preset_data)
    assert store.resolve(stored) == packed
    assert DeepDenoise(model=stored).strength == 100
    stored.write_bytes(stored.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"mine\.vstpreset: this is no VST3 preset"):
        store.resolve(stored)
    for model in models():
        assert store.resolve(model.name) == model.name


def test_installed_says_what_to_do() -> None:
    assert store.bundle_path().name == "DeepDenoise.vst3"
    with pytest.raises(FileNotFoundError, match=r"nothing\.so is not built; run 'pip install \.'"):
        store.installed("nothing.so")
