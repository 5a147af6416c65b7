import re
from pathlib import Path

from speechenh_plugin import engine

ENGINE = Path(__file__).parents[2] / "speechenh_plugin" / "native" / "engine"


def test_each_layer_is_a_file_and_a_line():
    files = {path.stem for path in (ENGINE / "layers").glob("*.cpp")} - {"registry"}
    assert files == set(engine.layers())
    assert len(files) == len(engine.layers())


def test_nothing_else_names_a_layer():
    """Types are texts: none stands outside the layers' folder."""
    names = "|".join(engine.layers())
    for path in ENGINE.rglob("*.*"):
        if path.suffix in (".cpp", ".h", ".inl") and not path.is_relative_to(ENGINE / "layers"):
            found = re.findall(rf'"({names})"', path.read_text("utf-8"))
            # The narrowband front end's port has this name.
            assert [name for name in found if name != "input"] == [], path
