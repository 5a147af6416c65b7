"""Cards of the bundled models: short, whole, and true to what their model files say of data."""

import json
import re
from pathlib import Path

import pytest

MODELS = Path(__file__).parents[2] / "models"
FOLDERS = sorted(path.parent for path in MODELS.glob("*/graph.json"))
SECTIONS = ("Use", "Limits", "Measures", "Data", "Recipe", "Known failures")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_card_is_whole_and_at_most_8_kb(folder: Path) -> None:
    card = (folder / "card.md").read_text(encoding="utf-8")
    assert len(card.encode()) <= 8192
    assert card.startswith(f"# {folder.name}\n")
    for section in SECTIONS:
        assert f"\n## {section}\n" in card, section


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_card_names_each_corpus_and_licence(folder: Path) -> None:
    meta = json.loads((folder / "graph.json").read_text(encoding="utf-8"))["meta"]
    text = (folder / "card.md").read_text(encoding="utf-8")
    assert meta["licence"] in text
    if "(see its card)" in text:
        text += (MODELS / "fullband" / "card.md").read_text(encoding="utf-8")
    for source in meta["data"]:
        name, licences = source.rstrip(")").split(" (", 1)
        assert name.removeprefix("folder:").removeprefix("urbansound8k:") in text, name
        for licence in licences.split(", "):
            assert licence in text, (name, licence)


@pytest.mark.parametrize("name", ["fullband", "cr_ced"])
def test_figures_are_those_of_the_model_file(name: str) -> None:
    measures = json.loads((MODELS / name / "graph.json").read_text(encoding="utf-8"))["meta"]["measures"]
    checked, columns = 0, []
    for line in (MODELS / name / "card.md").read_text(encoding="utf-8").splitlines():
        if not line.startswith("| "):
            continue
        first, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        if first in ("", "dB"):
            columns = [re.sub(r"^kept .*", r"\g<0> kHz", cell) for cell in cells]
        elif first.startswith("dev"):
            title = first.split(",")[0].replace("8 kHz", "8000 Hz")
            of = measures[f"{title}, {'noisy' if first.endswith(', noisy') else 'denoised'}"]
            for column, cell in zip(columns, cells, strict=True):
                if cell:
                    assert float(cell) == pytest.approx(of[column], abs=0.5001 * 10 ** -len(cell.partition(".")[2])), (
                        first,
                        column,
                    )
                    checked += 1
    assert checked > 40
