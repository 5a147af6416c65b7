"""Recipes run: what is missing is done, and a kill costs nothing."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from corpora_layouts import common_voice, urbansound8k
from filelock import FileLock
from recipes_text import BRIEF, stage, tiny
from sounds import syllables

tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")
import tiny_training  # noqa: E402

from training import recipe as recipes  # noqa: E402
from training import train  # noqa: E402
from training.data import tfrecord  # noqa: E402
from training.fit import stage as fit_stage  # noqa: E402
from training.fit.keeper import DivergedError, Keeper  # noqa: E402
from training.fit.moving_average import MovingAverage  # noqa: E402
from training.fit.record import heard  # noqa: E402
from training.fit.stage import OtherRecipeError, Place, run_recipe  # noqa: E402
from training.fit.tensorflow_only import Devices  # noqa: E402
from training.network.front_end import narrowband  # noqa: E402
from training.network.keras_build import load, weights_of  # noqa: E402

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("corpora")
    common_voice(root / "cv", clips=3), urbansound8k(root / "us")
    return root


def write(folder: Path, text: str) -> recipes.Recipe:
    path = folder / "mine.toml"
    path.write_text(text)
    return recipes.read(path)


def weights(folder: Path) -> dict[str, np.ndarray]:
    return weights_of(load(folder / "last.keras"))


def same(one: dict[str, np.ndarray], two: dict[str, np.ndarray]) -> bool:
    return one.keys() == two.keys() and all(np.array_equal(one[name], two[name]) for name in one)


def test_a_recipe_of_several_stages(corpora: Path, tmp_path: Path) -> None:
    more = stage("second", from_="first", seeds=[1, 2], moving_average=0.9, **BRIEF) + stage(
        "mean", kind="average", from_=["first", "second:1"], weights=[3.0, 1.0]
    )
    recipe = write(tmp_path, tiny(more=more))
    place = Place(tmp_path / "runs", corpora, workers=0)
    histories = run_recipe(recipe, place)
    assert {run: len(rows) for run, rows in histories.items()} == {"first": 2, "second-1": 1, "second-2": 1}
    for name in ("best.keras", "last.keras", "history.csv", "history.png", "state.npz", "run.json"):
        assert (tmp_path / "runs" / "first" / name).exists(), name
    first, second, other, mean = (weights(place.out / run) for run in ("first", "second-1", "second-2", "mean"))
    assert not same(second, other)
    for name, value in mean.items():
        np.testing.assert_allclose(value, (3 * first[name] + second[name]) / 4, atol=1e-6)

    times = {path: path.stat().st_mtime_ns for path in place.out.rglob("*.keras")}
    assert run_recipe(recipe, place) == histories
    assert times == {path: path.stat().st_mtime_ns for path in place.out.rglob("*.keras")}

    known = heard(place.out / "mean")
    assert known.sources == ("voices (CC0-1.0)", "town (CC BY-NC 3.0)")
    assert known.licences == {"CC0-1.0", "CC BY-NC 3.0"}
    assert known.hours == pytest.approx(9 * 2 * 0.1 / 3600, abs=0.01)
    assert {corpus["files"] for corpus in known.corpora} == {9, 30} and all(c["sha256"] for c in known.corpora)
    assert known.versions["numpy"] == np.__version__
    record = json.loads((place.out / "mean" / "run.json").read_text())
    assert list(record["before"]) == ["first", "second-1"] and record["mean_of"] == {"first": 3.0, "second-1": 1.0}


def test_training_lowers_the_loss(corpora: Path, tmp_path: Path) -> None:
    recipe = write(tmp_path, tiny().replace("epochs = 2", "epochs = 4").replace("steps = 3", "steps = 8"))
    [history] = run_recipe(recipe, Place(tmp_path / "runs", corpora, workers=0)).values()
    assert [row["epoch"] for row in history] == [1, 2, 3, 4]
    assert history[-1]["loss"] < 0.8 * history[0]["loss"]
    assert history[-1]["rmse"] == pytest.approx(history[-1]["loss"] ** 0.5, rel=1e-3)
    assert history[-1]["audio_s_per_s"] > 0 and np.isfinite(history[-1]["val_si_sdr"])


BANK = """
[bank]
items = 32
heard = 2
[[bank.effect]]
kind = "snr"
range_db = [0, 20]
[[bank.effect]]
kind = "colour"
"""


@pytest.mark.parametrize("bank", [False, True])
def test_killed_anywhere_it_ends_as_an_unbroken_run(bank: bool, corpora: Path, tmp_path: Path) -> None:
    text = tiny(stage="bank = true\n" if bank else "", more=stage("second", from_="first", **BRIEF) + BANK * bank)
    text = text.replace("epochs = 2", "epochs = 3").replace("steps = 3", "steps = 6")
    recipe = write(tmp_path, text)
    run_recipe(recipe, Place(tmp_path / "unbroken" / "mine", corpora, workers=0))
    command = [sys.executable, tiny_training.__file__, str(tmp_path / "mine.toml"), "--corpora", str(corpora)]
    command += ["--out", str(tmp_path / "killed"), "--workers", "0"]
    process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    shown = b""
    while b"Epoch 2/" not in shown or b"/6" not in shown.split(b"Epoch 2/")[1]:
        more = process.stdout.read1()
        assert more, "it ended before it could be killed"
        shown += more
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed" / "mine" / "second").exists()
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "second: 1 epochs, best val_loss" in done.stdout
    for run in ("first", "second"):
        assert same(weights(tmp_path / "unbroken" / "mine" / run), weights(tmp_path / "killed" / "mine" / run))


def test_a_run_that_another_process_trains_is_refused(corpora: Path, tmp_path: Path) -> None:
    recipe = write(tmp_path, tiny(more=stage("second", from_="first", seeds=[1, 2], **BRIEF)))
    place = Place(tmp_path / "runs", corpora, workers=0)
    (place.out / "first").mkdir(parents=True)
    with FileLock(place.out / "first" / ".lock"), pytest.raises(ValueError, match="another training is at work in"):
        run_recipe(recipe, place)
    run_recipe(recipe, place, "first")
    with FileLock(place.out / "second-1" / ".lock"):
        assert run_recipe(recipe, place, "second:2").keys() == {"second-2"}
    with pytest.raises(ValueError, match="stage 'second' has no seed '3'"):
        run_recipe(recipe, place, "second:3")


def test_a_folder_of_another_recipe_is_refused(corpora: Path, tmp_path: Path) -> None:
    recipe, place = write(tmp_path, tiny()), Place(tmp_path / "runs", corpora, workers=0)
    run_recipe(recipe, place)
    other = write(tmp_path, tiny().replace("range_db = [0.0, 10.0]", "range_db = [0.0, 9.0]").replace("3e-3", "4e-3"))
    with pytest.raises(OtherRecipeError, match=r"was run with another mixing, stage\.learning_rate"):
        run_recipe(other, place)
    longer = replace(recipe, stages=(replace(recipe.stages[0], epochs=3),))
    assert len(run_recipe(longer, place)["first"]) == 3


def test_a_run_goes_on_with_the_data_that_it_began_with(corpora: Path, tmp_path: Path) -> None:
    recipe, place = write(tmp_path, tiny()), Place(tmp_path / "runs", corpora, workers=0)
    run_recipe(recipe, place)
    before = (place.out / "first" / "run.json").read_text()
    longer = replace(recipe, stages=(replace(recipe.stages[0], epochs=3),))
    moved, other = (Path(shutil.copytree(corpora, tmp_path / name)) for name in ("moved", "other"))
    next((other / "us").rglob("*.wav")).unlink()
    with pytest.raises(OtherRecipeError, match=r"first was run with another data\.noise: give --out"):
        run_recipe(longer, replace(place, corpora=other))
    with pytest.raises(OtherRecipeError, match=r"with another data\.speech, data\.noise, data\.windows:"):
        run_recipe(longer, replace(place, data=windows(tmp_path / "windows", 4)))
    assert (place.out / "first" / "run.json").read_text() == before
    assert len(run_recipe(longer, replace(place, corpora=moved))["first"]) == 3


def test_data_sets_are_the_same_wherever_their_sources_lie() -> None:
    noise = {"source": "/a/us", "name": "town", "licence": "CC BY-NC 3.0", "clips": {"train": 10}}
    known = {"noise": [noise], "teacher": [{"name": "old"}], "seed": 0, "made_with": {"numpy": "1"}}
    assert fit_stage.differing_data(known, known | {"noise": [noise | {"source": "/b"}], "teacher": []}) == []
    for change in ({"name": "city"}, {"licence": "CC0"}, {"clips": {"train": 9}}):
        assert fit_stage.differing_data(known, known | {"noise": [noise | change]}) == ["data.noise"]
    assert fit_stage.differing_data(known, known | {"seed": 1}) == ["data.seed"]


def test_a_run_that_diverges_stops_before_it_is_written(
    corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(tiny())
    arguments = [str(path), "--corpora", str(corpora), "--out", str(tmp_path / "runs"), "--workers", "0"]
    assert train.main([*arguments, "--epochs", "1"]) == 0
    folder = tmp_path / "runs" / "mine" / "first"
    good = {file.name: file.read_bytes() for file in folder.glob("*.*") if file.name != "run.json"}
    broken = fit_stage.objective
    monkeypatch.setattr(fit_stage, "objective", lambda terms: lambda answer: broken(terms)(answer) * np.float32("nan"))
    assert train.main([*arguments]) == 1
    error = capsys.readouterr().err
    assert "first diverged: its loss is nan in epoch 2, of which nothing is kept" in error
    assert good == {name: (folder / name).read_bytes() for name in good}
    monkeypatch.undo()
    assert train.main([*arguments]) == 0


@pytest.mark.parametrize("logs", [{"loss": np.nan, "val_loss": 1.0}, {"loss": 1.0, "val_loss": np.inf}])
def test_an_epoch_that_is_no_number_is_not_kept(logs: dict[str, float], tmp_path: Path) -> None:
    keeper = Keeper(SimpleNamespace(), tmp_path, "val_loss", min)
    with pytest.raises(DivergedError, match="in epoch 1"):
        keeper.on_epoch_end(0, logs)
    assert keeper.history == [] and not list(tmp_path.iterdir())


def test_weights_that_are_no_numbers_are_refused(corpora: Path, tmp_path: Path) -> None:
    more = stage("second", from_="first", **BRIEF) + stage("mean", kind="average", from_=["first"])
    recipe, place = write(tmp_path, tiny(more=more)), Place(tmp_path / "runs", corpora, workers=0)
    run_recipe(recipe, place, "first")
    spoilt = load(place.out / "first" / "last.keras")
    spoilt.variables[0].assign(np.nan * spoilt.variables[0])
    spoilt.save(place.out / "first" / "last.keras")
    for name in ("second", "mean"):
        with pytest.raises(ValueError, match=r"last\.keras holds weights that are no finite numbers: .*delete"):
            run_recipe(recipe, place, name)
        assert not (place.out / name / "last.keras").exists()


def test_what_comes_of_a_brief_trial_does_not_pass_for_the_whole_run(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = stage("second", from_="first", **BRIEF) + stage("mean", kind="average", from_=["first"])
    recipe, place = write(tmp_path, tiny(more=more)), Place(tmp_path / "runs", corpora, workers=0)
    trial = replace(recipe, stages=tuple(replace(one, epochs=1) for one in recipe.stages))
    run_recipe(trial, place)
    (place.out / "mean" / "evaluation.json").write_text("{}")
    run_recipe(trial, place)
    assert "made anew" not in capsys.readouterr().out
    assert (place.out / "mean" / "evaluation.json").exists()

    run_recipe(recipe, place, "first")
    with pytest.raises(ValueError, match="second began with other weights than first now has: give --out"):
        run_recipe(recipe, place, "second")
    run_recipe(recipe, place, "mean")
    assert f"{place.out / 'mean'} is made anew: the weights of first have changed." in capsys.readouterr().out
    assert same(weights(place.out / "mean"), weights(place.out / "first"))
    assert not (place.out / "mean" / "evaluation.json").exists()

    # As runs were recorded before: what they began with is not known, and they stay.
    for name in ("second", "mean"):
        record = json.loads((place.out / name / "run.json").read_text())
        assert record.pop("taken").keys() == {"first"}
        (place.out / name / "run.json").write_text(json.dumps(record))
        run_recipe(recipe, place, name)
    assert "made anew" not in capsys.readouterr().out


def test_weights_are_taken_where_layers_match(
    corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from safetensors.numpy import save_file

    from training.fit import stage as stages

    monkeypatch.setattr(stages, "PROJECT", tmp_path)
    run_recipe(write(tmp_path, tiny()), Place(tmp_path / "runs", corpora, workers=0))
    given = weights(tmp_path / "runs" / "first")
    changed = next(name for name in given if name.endswith("kernel"))
    model = tmp_path / "models" / "old"
    model.mkdir(parents=True)
    save_file(
        {**given, changed: np.zeros((2, 2), np.float32), "extra/bias": np.zeros(1, np.float32)},
        model / "weights.safetensors",
    )
    known = {"front_end": narrowband(), "meta": {"licence": "MIT", "data": ["books (CC0)"]}}
    (model / "graph.json").write_text(json.dumps(known))
    slow = tiny(stage='from = "models/old"').replace("3e-3", "1e-12").replace("epochs = 2", "epochs = 1")
    run_recipe(write(tmp_path, slow), Place(tmp_path / "again", corpora, workers=0))
    record = json.loads((tmp_path / "again" / "first" / "run.json").read_text())
    assert record["missing"] == [changed] and set(record["unused"]) == {changed, "extra/bias"}
    assert f"random: {changed}; not used: " in capsys.readouterr().out
    assert heard(tmp_path / "again" / "first").sources == ("voices (CC0-1.0)", "town (CC BY-NC 3.0)", "books (CC0)")
    got = weights(tmp_path / "again" / "first")
    assert not np.allclose(got[changed], given[changed])
    for name in given.keys() - {changed}:
        if "moving" not in name:
            np.testing.assert_allclose(got[name], given[name], atol=1e-5)


def test_fullband_losses_and_bfloat16_train(corpora: Path, tmp_path: Path) -> None:
    text = tiny(loss="compressed_complex", stage='precision = "mixed_bfloat16"\nschedule = "cosine"\nclip_norm = 1.0')
    [history] = run_recipe(write(tmp_path, text), Place(tmp_path / "runs", corpora, workers=0)).values()
    assert np.isfinite(history[-1]["val_loss"])


def test_sequences_may_count_from_their_first_frame(corpora: Path, tmp_path: Path) -> None:
    text = tiny(loss="compressed_complex", stage="from_first_frame = true").replace("seconds = 0.1", "seconds = 0.4")
    [history] = run_recipe(write(tmp_path, text), Place(tmp_path / "runs", corpora, workers=0)).values()
    assert np.isfinite(history[-1]["val_loss"])


def test_mirrored_devices_train(corpora: Path, tmp_path: Path) -> None:
    [history] = run_recipe(write(tmp_path, tiny()), Place(tmp_path, corpora, workers=0, strategy="mirrored")).values()
    assert np.isfinite(history[-1]["val_loss"])


def test_patience_stops() -> None:
    model = SimpleNamespace(stop_training=False)
    keeper = Keeper(model, Path(), "val_rmse", min, patience=2, write=False)
    for epoch, (value, stop) in enumerate([(0.9, False), (0.5, False), (0.6, False), (0.5, True)]):
        keeper.on_epoch_end(epoch, {"val_rmse": value})
        assert model.stop_training == keeper.finished == stop
    assert keeper.best == 1


def test_a_moving_average() -> None:
    weight, kept = keras.Variable(0.0), keras.Variable(0.0)
    model = SimpleNamespace(
        network=SimpleNamespace(variables=[weight]),
        kept=SimpleNamespace(variables=[kept]),
        optimizer=keras.optimizers.Adam(),
    )
    average = MovingAverage(model, 0.9)
    weight.assign(1.0)
    for step, wanted in ((0, 0.9), (81, 0.91), (1000, 0.919)):
        model.optimizer.iterations.assign(step)
        average.on_train_batch_end(0)
        assert float(kept) == pytest.approx(wanted)
    assert float(weight) == 1


def test_two_local_workers_train_together(corpora: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    more = stage("second", from_="first", **BRIEF) + stage("mean", kind="average", from_=["first", "second"])
    path.write_text(tiny(more=more).replace("epochs = 2", "epochs = 1"))
    cluster = {"worker": [f"localhost:{port}" for port in free_ports(2)]}
    workers = []
    for index in range(2):
        task = {"cluster": cluster, "task": {"type": "worker", "index": index}}
        arguments = [sys.executable, tiny_training.__file__, str(path), "--corpora", str(corpora)]
        arguments += ["--out", str(tmp_path / "runs"), "--workers", "0", "--strategy", "multiworker"]
        environment = {**ENVIRONMENT, "TF_CONFIG": json.dumps(task)}
        workers.append(subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
    said = [worker.communicate(timeout=300)[0].decode() for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], said
    # Both end with the same mean over their shares of the data, and go on with what the first has written.
    assert said[0].splitlines()[-2:] == said[1].splitlines()[-2:]
    assert ["1 epochs, best val_loss" in line for line in said[0].splitlines()[-2:]] == [True, True]
    assert (tmp_path / "runs" / "mine" / "mean" / "last.keras").is_file()


def test_a_worker_that_comes_before_the_chief(corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_stage, "strategy", lambda name: Devices(chief=False))
    recipe = write(tmp_path, tiny())
    [history] = run_recipe(recipe, Place(tmp_path / "runs", corpora, workers=0)).values()
    assert len(history) == 2
    assert not (tmp_path / "runs" / "first").exists()


def windows(data: Path, number: int) -> Path:
    """A data set of the reference project."""
    data.mkdir()
    random = np.random.default_rng(0)
    for name, windows in (("train_0.tfrecords", number), ("val_0.tfrecords", 4)):
        with (data / name).open("wb") as file:
            for _ in range(windows):
                window = random.standard_normal((129, 8, 1)).astype(np.float32)
                target = 0.5 * window[:, -1:]
                values = {"noise_stft_mag_features": [window.tobytes()], "clean_stft_magnitude": [target.tobytes()]}
                tfrecord.write(file, tfrecord.encode(values))
    return data


def free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in found:
            one.bind(("localhost", 0))
        return [int(one.getsockname()[1]) for one in found]


def test_the_command_line_says_what_is_wrong(corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.toml"
    for text, arguments, why in (
        (None, ["--corpora", str(corpora)], "mine.toml"),
        (tiny().replace("snr", "snt"), ["--corpora", str(corpora)], "no kind 'snt'"),
        (tiny(), ["--data", str(tmp_path)], "holds no complete data set"),
        (tiny(), ["--corpora", str(tmp_path)], "2 of 2 corpora are missing: there is no folder"),
        (tiny(), ["--corpora", str(corpora), "--stage", "last"], "mine has no stage 'last'; it has first"),
        (tiny(loss="mse"), ["--corpora", str(corpora)], "there is no loss 'mse'"),
        (
            tiny(more=stage("b", from_="first", **BRIEF)),
            ["--corpora", str(corpora), "--stage", "b"],
            "run the stage first first",
        ),
    ):
        if text is not None:
            path.write_text(text)
        assert train.main([str(path), *arguments, "--out", str(tmp_path / "out"), "--workers", "0"]) == 1
        error = capsys.readouterr().err
        assert why in error and error.count("\n") == 1
    with pytest.raises(SystemExit):
        train.main([str(path)])
    assert "give --corpora DIR" in capsys.readouterr().err


def test_the_reference_projects_data_set_is_trained_on(tmp_path: Path) -> None:
    data = windows(tmp_path / "data", 6)
    path = tmp_path / "mine.toml"
    path.write_text(tiny().replace("epochs = 2", "epochs = 3").replace("steps = 3", "steps = 20"))
    assert train.main([str(path), "--data", str(data), "--out", str(tmp_path / "runs")]) == 0
    rows = (tmp_path / "runs" / "mine" / "first" / "history.csv").read_text().splitlines()
    assert len(rows) == 4 and "val_rmse" in rows[0]
    losses = [float(row.split(",")[rows[0].split(",").index("loss")]) for row in rows[1:]]
    assert losses[-1] < 0.9 * losses[0]
    path.write_text(tiny("fullband"))
    assert train.main([str(path), "--data", str(data), "--out", str(tmp_path / "other")]) == 1


def test_a_network_is_evaluated_through_the_effect(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pesq")
    pairs = tmp_path / "pairs"
    for name, gain in (("clean", 0.0), ("noisy", 0.02)):
        (pairs / name).mkdir(parents=True)
        hiss = gain * np.random.default_rng(0).standard_normal(4 * 16000)
        soundfile.write(pairs / name / "a.wav", syllables(16000) + hiss, 16000)
    path = tmp_path / "mine.toml"
    sets = f'[evaluation]\nsets = ["{pairs}"]\n'
    path.write_text(tiny(more=f"{sets}every = 2\n").replace("epochs = 2", "epochs = 3"))
    arguments = [str(path), "--corpora", str(corpora), "--workers", "0"]
    assert train.main([*arguments, "--out", str(tmp_path / "runs")]) == 0
    found = json.loads((tmp_path / "runs" / "mine" / "first" / "evaluation.json").read_text())
    assert list(found) == ["2", "3"]
    assert found["3"][str(pairs)].keys() >= {"PESQ-wb", "STOI", "SI-SDR"}
    assert (tmp_path / "runs" / "mine" / "first" / "model" / "graph.json").exists()

    # As a kill within the evaluation leaves it: the epochs are done, what they gave is not known.
    (tmp_path / "runs" / "mine" / "first" / "evaluation.json").unlink()
    assert train.main([*arguments, "--out", str(tmp_path / "runs")]) == 0
    again = json.loads((tmp_path / "runs" / "mine" / "first" / "evaluation.json").read_text())
    assert list(again) == ["3"] and again["3"][str(pairs)]["STOI"] == found["3"][str(pairs)]["STOI"]

    # Data sets have no folder of corpora, below which the sets would lie.
    data = ["--data", str(windows(tmp_path / "windows", 4)), "--out", str(tmp_path / "of_data")]
    path.write_text(tiny(more='[evaluation]\nsets = ["dev48"]\n').replace("epochs = 2", "epochs = 1"))
    monkeypatch.delenv("DEEPDENOISE_AUDIO", raising=False)
    assert train.main([str(path), *data]) == 1
    assert "give --audio DIR, or set DEEPDENOISE_AUDIO; with --no-evaluation" in capsys.readouterr().err
    assert train.main([str(path), *data, "--audio", str(tmp_path)]) == 1
    assert "with --no-evaluation it is trained all the same." in capsys.readouterr().err
    # What no licence follows from is judged all the same.
    path.write_text(tiny(more=sets).replace("epochs = 2", "epochs = 1"))
    assert train.main([str(path), *data]) == 0
    assert (tmp_path / "of_data" / "mine" / "first" / "evaluation.json").is_file()

    path.write_text(tiny(more='[evaluation]\nsets = ["dev99"]\n'))
    assert train.main([*arguments, "--out", str(tmp_path / "other")]) == 1
    assert "with --no-evaluation it is trained all the same." in capsys.readouterr().err
    assert not (tmp_path / "other").exists()
