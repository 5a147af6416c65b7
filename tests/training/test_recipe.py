"""Recipes: one file each, checked key by key, read without a framework."""

import json
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from recipes_text import BRIEF, stage, tiny

from training import recipe as recipes
from training.tables import TableError

ROOT = Path(__file__).parents[2]
BUNDLED = sorted((ROOT / "training" / "recipes").glob("*.toml"))


def read(tmp_path: Path, text: str) -> recipes.Recipe:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return recipes.read(path)


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_bundled_recipes_are_valid(path: Path) -> None:
    recipe = recipes.read(path)
    assert recipe.name == path.stem
    recipe.network.declare()
    assert json.loads(json.dumps(recipe.to_table()))["network"]["name"] == recipe.network.name


def test_the_recipe_of_the_readme_is_valid(tmp_path: Path) -> None:
    section = (ROOT / "training" / "README.md").read_text().split("## A recipe")[1].split("\n## ")[0]
    block = "\n".join(line[4:] for line in section.splitlines() if line.startswith("    ") or not line)
    recipe = read(tmp_path, block)
    assert [stage.name for stage in recipe.stages] == ["short", "lenient", "mean", "long"]


def test_reading_imports_no_framework() -> None:
    code = (
        "import sys; from pathlib import Path; from training import recipe; "
        "[recipe.read(path) for path in Path('training/recipes').glob('*.toml')]; "
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'tensorflow', 'keras', 'jax', 'torch'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_stages_and_what_they_begin_with(tmp_path: Path) -> None:
    more = (
        stage("second", from_="first", seeds=[1, 2], rate=16000, **BRIEF)
        + stage("third", from_="second:2", **BRIEF)
        + stage("mean", kind="average", from_=["first", "second"], weights=[1.0, 2.0])
    )
    recipe = read(tmp_path, tiny("cr_ced", more=more))
    assert [list(one.runs) for one in recipe.stages] == [["first"], ["second-1", "second-2"], ["third"], ["mean"]]
    assert recipe.runs_of("second") == ["second-1", "second-2"] and recipe.runs_of("second:2") == ["second-2"]
    assert recipe.corpora["town"].role == "noise" and recipe.corpora["town"].name == "town"


def test_a_stage_changes_losses_and_effects(tmp_path: Path) -> None:
    more = (
        stage("second", from_="first", **BRIEF)
        + "loss = { standardised_mse = 0, compressed_magnitude = 0.5 }\neffects = { snr = { range_db = [5, 5] } }\n"
    )
    recipe = read(tmp_path, tiny("cr_ced", more=more))
    assert recipe.losses(recipe.stages[1]) == {"compressed_magnitude": 0.5}
    assert recipe.live_mixing(recipe.stages[1]).effects[2].range_db == (5.0, 5.0)
    assert recipe.live_mixing(recipe.stages[0]).effects[2].range_db == (0.0, 10.0)


def test_a_stage_changes_what_is_mixed(tmp_path: Path) -> None:
    recipe = read(tmp_path, tiny("cr_ced", more=stage("second", mixing={"noise_only": 0.25}, **BRIEF)))
    first, second = (recipe.mixing_of(one) for one in recipe.stages)
    assert first == recipe.mixing and second == replace(recipe.mixing, noise_only=0.25)
    assert recipe.live_mixing(recipe.stages[1]).noise_only == 0.25


def test_a_stage_changes_the_sizes_of_the_bank(tmp_path: Path) -> None:
    more = (
        stage("second", bank=True, bank_sizes={"items": 8, "heard": 2}, **BRIEF)
        + '[bank]\nitems = 32\nlonger = 2.0\n[[bank.effect]]\nkind = "colour"\n'
    )
    recipe = read(tmp_path, tiny("cr_ced", more=more))
    first, second = (recipe.bank_of(one) for one in recipe.stages)
    assert first is None and second is not None and recipe.bank is not None
    assert (second.items, second.heard, second.longer) == (8, 2, 2.0) and second.effects == recipe.bank.effects


def test_a_stage_is_like_another_but_for_what_it_says(tmp_path: Path) -> None:
    more = (
        stage("second", from_="first", **BRIEF)
        + stage("third", like="second", seconds=0.25)
        + stage("fourth", like="third", from_="third")
    )
    _, second, third, fourth = read(tmp_path, tiny("cr_ced", more=more)).stages
    assert third == replace(second, name="third", seconds=0.25)
    assert fourth == replace(third, name="fourth", start=("third",))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[loss]", "[lost]"), "there is no 'lost'; there are corpora, splits, mixing"),
        (("rate = 8000", "rat = 8000"), "mixing: there is no 'rat'"),
        (("rate = 8000", "rate = 100"), "mixing: rate is 100; it must be at least 4000"),
        (("rate = 8000", 'rate = "8000"'), "mixing: rate is '8000'; it must be a whole number"),
        (('kind = "snr"', 'kind = "snt"'), "mixing.effect 3: there is no kind 'snt'; there are begin_within_speech"),
        (("range_db = [0.0, 10.0]", "range_db = [10, 0]"), r"mixing.effect 3 \(snr\): range_db is 10 to 0"),
        (("range_db = [0.0, 10.0]", "range_db = [nan, 0]"), "two finite numbers"),
        (("range_db = [0.0, 10.0]", "range = [10, 0]"), r"\(snr\): there is no 'range'; there are probability"),
        (('kind = "snr"\nrange_db = [0.0, 10.0]', 'kind = "gain"'), "There must be one effect 'snr'"),
        (
            ('kind = "speech"', 'kind = "speech"\n[[mixing.effect]]\nkind = "speed"'),
            "'speed' must come before 'speech'",
        ),
        (('name = "cr_ced"', 'name = "resnet"'), "network: name is 'resnet'; it must be one of cr_ced"),
        (("standardised_mse = 1.0", "standardised_mse = -1"), "the weight of the loss 'standardised_mse' is -1"),
        (("standardised_mse = 1.0", "mse = 1"), "there is no loss 'mse'; there are standardised_mse"),
        (("standardised_mse = 1.0", ""), "no loss is chosen"),
        (("epochs = 2", "epochs = 0"), "stage first: epochs is 0; it must be at least 1"),
        (("epochs = 2", "epoch = 2"), "stage first: there is no 'epoch'"),
        (('name = "first"', 'name = ["first"]'), "name is .'first'.; it must be"),
        (("learning_rate = 3e-3", "learning_rate = nan"), "learning_rate is nan"),
        (("learning_rate = 3e-3", 'from = "zeroth"'), "begins with 'zeroth', which is no stage before it"),
        (("learning_rate = 3e-3", "bank = true"), "from a bank, and there is no"),
        (("learning_rate = 3e-3", "effects = { reverb = { probability = 1 } }"), "has no effect 'reverb' to change"),
        (("learning_rate = 3e-3", "effects = { snr = { db = 1 } }"), "effects.snr: there is no 'db'"),
        (('role = "noise"', 'role = "noises"'), "corpora.town: role is 'noises'; it must be one of speech, noise"),
        (('path = "us"', 'path = "us"\nweight = 0'), "corpora.town: weight is 0.0"),
        (('path = "us"', 'path = "us"\nspeaker = "("'), "takes no speaker"),
        (('path = "us"', 'path = "us"\nclasses = ["sirens"]'), "classes is 'sirens'; it must be one of"),
        (('path = "us"', 'path = "us"\nprepare = ["decoded"]'), "cannot be prepared"),
        (("[loss]", "[loss"), "mine.toml"),
        (("[[stage]]", "[stage]"), r"stage is .*; it must be a list of tables, \[\[stage\]\]\."),
        (("[network]", "[[network]]"), r"network is .*; it must be a table, \[network\]\."),
        (("[loss]", "[[loss]]"), r"loss is .*; it must be a table, \[loss\]\."),
        (("learning_rate = 3e-3", "loss = { standardized_mse = 0 }"), "there is no loss 'standardized_mse'"),
        (('name = "cr_ced"', 'name = "cr_ced"\nbypass = "yes"'), "network: bypass is 'yes'; it must be true or false"),
        (('name = "cr_ced"', 'name = "cr_ced"\nbypas = true'), "network: there is no 'bypas'; there are bypass"),
        (('name = "cr_ced"', 'name = "u_net"\nbypass = true'), "network: there is no 'bypass'; there are none"),
    ],
)
def test_mistakes_are_named(change: tuple[str, str], message: str, tmp_path: Path) -> None:
    text = tiny("cr_ced")
    assert change[0] in text
    with pytest.raises(TableError, match=message) as raised:
        read(tmp_path, text.replace(*change, 1))
    assert "mine.toml" in str(raised.value)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (stage("first"), "two stages are called 'first'"),
        (stage("a", like="b"), "stage a: like is 'b'; it must be the name of a stage before it"),
        (stage("a", like=["first"]), "like is .'first'.; it must be the name"),
        (stage("a", seeds=[1, 2]) + stage("b", from_="a"), "has several seeds: write a:SEED"),
        (stage("a", seeds=[1, 2]) + stage("b", from_="a:3"), "'a' has no seed 3"),
        (stage("a", from_=["first", "first"]), "begins with one other's weights"),
        (stage("a", kind="average"), "an average needs the names of stages"),
        (stage("a", kind="average", from_=["first"], weights=[1, 2]), "as many numbers greater than 0"),
        ("[bank]\nitems = 30\nheard = 4\n", "must be a multiple of heard"),
        (stage("a", bank=True, bank_sizes={"items": 30}) + "[bank]\nitems = 32\n", "stage a: bank_sizes: items is 30"),
        (stage("a", bank=True, bank_sizes={"effects": []}), "bank_sizes is 'effects'; it must be one of items, heard"),
        (stage("a", mixing={"noise_only": 2.0}), "stage a: mixing: noise_only"),
        (stage("a", mixing={"rate": 8000}), "mixing is 'rate'; it must be one of clean_only, noise_only"),
        ('[bank]\nitems = 32\n[[bank.effect]]\nkind = "reverb"\n', "'reverb' draws clips or rooms"),
        ('[bank]\nitems = 32\n[bank.effect]\nkind = "level"\n', r"it must be a list of tables, \[\[bank.effect\]\]"),
        ("[[bank]]\nitems = 32\n", r"bank is .*; it must be a table, \[bank\]\."),
        ("[[evaluation]]\nsets = []\n", r"evaluation is .*; it must be a table, \[evaluation\]\."),
        (stage("a", from_="first:x"), "'first:x' is no run: write first, or first:SEED with a whole number"),
        (stage("a", from_="first:"), "'first:' is no run: write first, or first:SEED"),
        (stage("a", from_=5), "stage a: from is 5; it must be a name or a list of names"),
    ],
)
def test_mistakes_of_stages_and_banks_are_named(more: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=message):
        read(tmp_path, tiny("cr_ced", more=more))


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("loss = 1.0", r"loss is 1.0; it must be a table, \[loss\]\."),
        ("splits = 5", "splits is 5; it must be the split to train on and"),
        ('splits = "ab"', "splits is 'ab'; it must be the split to train on and"),
        ('network = "cr_ced"', r"network is 'cr_ced'; it must be a table, \[network\]\."),
        ("stage = 5", r"stage is 5; it must be a list of tables, \[\[stage\]\]\."),
        ("stage = [5]", "stage is a list; it must be a list of tables"),
        ('corpora = [{ role = "speech" }]', r"corpora is .*; it must be a table, \[corpora\]\."),
        ("corpora = { voices = 5 }", r"corpora.voices is 5; it must be a table, \[corpora.voices\]\."),
        ('mixing = { effect = ["speech"] }', r"mixing.effect is .*; it must be a list of tables, \[\[mixing.effect"),
        ('mixing = { effect = { kind = "speech" } }', r"mixing.effect is .*; it must be a list of tables"),
        ('mixing = { source = "babble" }', r"mixing.source is 'babble'; it must be a list of tables"),
        ("mixing = 5", r"mixing is 5; it must be a table, \[mixing\]\."),
        ("bank = 5", r"bank is 5; it must be a table, \[bank\]\."),
    ],
)
def test_values_in_place_of_tables_are_named(key: str, message: str) -> None:
    table = tomllib.loads(tiny("cr_ced"))
    with pytest.raises(TableError, match=message):
        recipes.from_table("mine", {**table, **tomllib.loads(key)})


def test_a_seed_to_run_is_a_number(tmp_path: Path) -> None:
    recipe = read(tmp_path, tiny("cr_ced"))
    with pytest.raises(ValueError, match="'first:x' is no run: write first, or first:SEED with a whole number"):
        recipe.runs_of("first:x")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        recipes.read(tmp_path / "none.toml")


def test_there_are_few_files() -> None:
    assert len(list((ROOT / "training").rglob("*.toml"))) < 20
