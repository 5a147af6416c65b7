"""Configs, and runs that can be killed."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from corpora_layouts import common_voice, urbansound8k
from sounds import speechlike

tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")
import tiny_training  # noqa: E402

from training import train  # noqa: E402
from training.config import Config  # noqa: E402
from training.data.mixing import MixSettings  # noqa: E402
from training.fit.loop import Average, Denoising, Keeper  # noqa: E402
from training.network import NETWORKS  # noqa: E402
from training.network.features import front_end  # noqa: E402
from training.network.front_end import fullband, narrowband  # noqa: E402
from training.network.keras_build import build  # noqa: E402
from training.objective.compressed import compressed_complex  # noqa: E402
from training.objective.losses import objective  # noqa: E402

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
TINY = """
network = "tiny"
epochs = 3
steps = 4
batch = 2
frames = 12
validation = 2
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> train.Source:
    root = tmp_path_factory.mktemp("corpora")
    speech, noise = common_voice(root / "cv", clips=3), urbansound8k(root / "us")
    return train.Source(speech=(f"common_voice:{speech}",), noise=(f"urbansound8k:{noise}",))


def tiny(**changes: object) -> Config:
    values = {"network": "tiny", "epochs": 1, "steps": 2, "batch": 2, "frames": 12, "validation": 2}
    return Config(**{**values, **changes})  # type: ignore[arg-type]


# -- what the objective judges


@pytest.mark.parametrize("equal", [False, True])
def test_equal_levels_make_a_quiet_mixture_weigh_as_much(equal: bool) -> None:
    ends = front_end(fullband(), 16000)
    terms = objective({"compressed_magnitude": 1.0})
    model = Denoising(build(tiny_training.tiny()), ends, terms, equal_levels=equal)
    loud = tf.constant(speechlike(0.5, 16000))
    gains = tf.fill((1, 62, 129, 1), 0.5)
    values = []
    for x in (loud, 0.01 * loud):
        spectra = ends.stft(x)
        values.append(float(terms(model.answer(spectra, spectra, {"gains": gains}, None))))
    assert values[1] == pytest.approx(values[0] if equal else values[0] * 0.01**0.6, rel=0.02)


def test_outputs_with_lookahead_count_for_the_frames_before() -> None:
    ends = front_end(fullband(lookahead=2), 16000)
    model = Denoising(build(tiny_training.tiny()), ends, objective({"compressed_complex": 1.0}))
    noisy = ends.stft(tf.constant(speechlike(0.5, 16000)))
    factors = tf.cast(0.5 + 0.5 * tf.sin(tf.range(noisy.shape[1], dtype=tf.float32)), tf.complex64)[None, :, None]
    gains = tf.repeat(tf.math.real(factors)[..., None], 129, 2)
    for late, exact in ((2, True), (0, False)):
        answer = model.answer(noisy, noisy * factors, {"gains": tf.roll(gains, late, 1)}, None)
        assert (compressed_complex(answer) < 1e-9) == exact


# -- configs


@pytest.mark.parametrize("path", sorted((ROOT / "training" / "configs").glob("*.toml")), ids=lambda path: path.stem)
def test_configs_are_valid(path: Path) -> None:
    Config.read(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('network = "r_ced"\nlearning_rate = nan', "learning_rate is nan; it must be greater than 0, and finite"),
        ('network = "resnet"', "network is 'resnet'; it must be one of cr_ced"),
        ('network = "cr_ced"\nlearning_rat = 1', "no setting 'learning_rat'"),
        ('network = "cr_ced"\nepochs = 0', "epochs is 0"),
        ('network = "cr_ced"\naverage = 1', "average is 1"),
        ('network = "cr_ced"\nloss = { mse = 1 }', "no loss 'mse'"),
        ('network = "cr_ced"\n[mix]\nsnr = 1', "no mixing setting 'snr'"),
        ("network =", "run.toml"),
    ],
)
def test_config_errors_name_the_file_and_the_setting(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as raised:
        Config.read(path)
    assert "run.toml" in str(raised.value)


def test_a_config_says_only_what_differs_from_its_base(tmp_path: Path) -> None:
    (tmp_path / "first.toml").write_text('network = "cr_ced"\nepochs = 7\n[mix]\nbabble = 0.5\nhum = 1')
    (tmp_path / "second.toml").write_text('base = "first.toml"\nepochs = 9\n[mix]\nhum = 2')
    with pytest.raises(ValueError, match=r"second\.toml.*no mixing setting 'hum'"):
        Config.read(tmp_path / "second.toml")
    (tmp_path / "second.toml").write_text('base = "first.toml"\nepochs = 9\n[mix]\nsteady = 0.1')
    (tmp_path / "first.toml").write_text('network = "cr_ced"\nepochs = 7\nsteps = 3\n[mix]\nbabble = 0.5')
    config = Config.read(tmp_path / "second.toml")
    assert (config.epochs, config.steps, config.mix.babble, config.mix.steady) == (9, 3, 0.5, 0.1)
    (tmp_path / "first.toml").write_text('base = "second.toml"')
    with pytest.raises(ValueError, match=r"second\.toml is the base of its own base"):
        Config.read(tmp_path / "second.toml")


# -- runs


def test_training_lowers_the_loss_and_leaves_its_files(source: train.Source, tmp_path: Path) -> None:
    history = train.train(tiny(epochs=4, steps=8, learning_rate=3e-3), source, tmp_path / "run")
    assert [row["epoch"] for row in history] == [1, 2, 3, 4]
    assert history[-1]["loss"] < 0.8 * history[0]["loss"]
    assert history[-1]["rmse"] == pytest.approx(history[-1]["loss"] ** 0.5, rel=1e-3)
    assert history[-1]["audio_s_per_s"] > 0
    for name in ("best.keras", "history.csv", "history.png", "state.npz", "run.json", "tensorboard"):
        assert (tmp_path / "run" / name).exists(), name
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert run["data"]["noise"][0]["licence"].startswith("CC BY-NC")
    assert run["recipe"]["mix"] == run["data"]["settings"]


def test_patience_stops() -> None:
    model = SimpleNamespace(stop_training=False)
    keeper = Keeper(model, Path(), "val_rmse", min, patience=2, write=False)  # type: ignore[arg-type]
    for epoch, (value, stop) in enumerate([(0.9, False), (0.5, False), (0.6, False), (0.5, True)]):
        keeper.on_epoch_end(epoch, {"val_rmse": value})
        assert model.stop_training == keeper.finished == stop
    assert keeper.best == 1


def test_training_begins_with_given_weights(source: train.Source, tmp_path: Path) -> None:
    train.train(tiny(epochs=2, steps=8, learning_rate=3e-3), source, tmp_path / "first")
    best = tmp_path / "first" / "best.keras"
    again = train.train(tiny(learning_rate=1e-9), source, tmp_path / "second", start=best)
    fresh = train.train(tiny(learning_rate=1e-9), source, tmp_path / "third")
    assert again[0]["loss"] < 0.9 * fresh[0]["loss"]
    run = json.loads((tmp_path / "second" / "run.json").read_text())
    assert run["start"] == "first/best.keras"
    assert run["before"]["first/best.keras"]["recipe"]["learning_rate"] == 3e-3
    with pytest.raises(ValueError, match="missing or has another shape"):
        train.train(tiny(network="u_net"), source, tmp_path / "fourth", start=best)


def test_a_state_of_another_network_is_refused(source: train.Source, tmp_path: Path) -> None:
    train.train(tiny(), source, tmp_path)
    with pytest.raises(ValueError, match="state of another network"):
        train.train(tiny(network="r_ced"), source, tmp_path)


def test_fullband_losses_and_bfloat16_train(source: train.Source, tmp_path: Path) -> None:
    config = tiny(precision="mixed_bfloat16", loss={"compressed_complex": 1.0}, monitor="val_si_sdr", schedule="cosine")
    assert np.isfinite(train.train(config, source, tmp_path)[0]["val_loss"])


def test_validation_computes_as_the_engine_whatever_training_does(source: train.Source, tmp_path: Path) -> None:
    config = tiny(precision="mixed_bfloat16", epochs=1, average=0.5, learning_rate=3e-3)
    judged = train.train(config, source, tmp_path)[0]
    ends = front_end(narrowband(), 8000)
    for precision in ("float32", "mixed_bfloat16"):
        graph = NETWORKS[config.network]()
        network = build(graph, train.trained(tmp_path / "last.keras"), precision)
        errors = keras.metrics.RootMeanSquaredError()
        for noisy, clean, _ in train.validation_pairs(config, source, graph.context):
            noisy, clean = ends.stft(noisy), ends.stft(clean)
            output = tf.cast(network(ends.inputs(noisy))["magnitude"], tf.float32)
            errors.update_state(ends.target(noisy, clean)[:, graph.context :], output[:, graph.context :])
        assert (abs(float(errors.result()) / judged["val_rmse"] - 1) < 1e-5) == (precision == "float32")


def test_mirrored_devices_train(source: train.Source, tmp_path: Path) -> None:
    assert np.isfinite(train.train(tiny(), source, tmp_path, "mirrored")[0]["val_loss"])


def test_the_data_of_a_step_do_not_depend_on_the_start(source: train.Source) -> None:
    config = tiny()
    from_the_start = list(train.training_pairs(config, source, 3, 0).take(3))
    from_the_third = next(iter(train.training_pairs(config, source, 3, 2)))
    for a, b in zip(from_the_start[2], from_the_third, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(from_the_start[1][0], from_the_start[2][0])


def command(source: train.Source, config: Path, out: Path, *more: str) -> list[str]:
    return [
        *(sys.executable, tiny_training.__file__, str(config), "--out", str(out)),
        *("--speech", source.speech[0], "--noise", source.noise[0], *more),
    ]


def test_killed_in_the_middle_of_an_epoch_it_goes_on_as_if_unbroken(source: train.Source, tmp_path: Path) -> None:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    config = Config.read(path)
    unbroken = train.train(config, source, tmp_path / "unbroken")
    process = subprocess.Popen(
        command(source, path, tmp_path / "killed"), env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    # Kill it when the progress bar shows a step of the second epoch, or soon after.
    shown = b""
    while b"Epoch 2/" not in shown or b"/4" not in shown.split(b"Epoch 2/")[1]:
        more = process.stdout.read1()
        assert more, "it ended before it could be killed"
        shown += more
    process.send_signal(signal.SIGKILL)
    process.wait()
    with np.load(tmp_path / "killed" / "state.npz") as state:
        assert len(json.loads(str(state["history"]))) in (1, 2)
    resumed = train.train(config, source, tmp_path / "killed")
    for wanted, got in zip(unbroken, resumed, strict=True):
        assert without_speed(got) == pytest.approx(without_speed(wanted), rel=1e-3, abs=1e-3)


def test_the_average_is_what_is_judged_and_kept(source: train.Source, tmp_path: Path) -> None:
    config = tiny(epochs=2, steps=3, average=0.5, learning_rate=3e-3)
    unbroken = train.train(config, source, tmp_path / "unbroken")
    train.train(replace(config, epochs=1), source, tmp_path / "resumed")
    with np.load(tmp_path / "resumed" / "state.npz") as state:
        averages = {name.removeprefix("average/"): state[name] for name in state.files if name.startswith("average/")}
        assert all(np.isfinite(value).all() for value in averages.values())
        assert any(not np.array_equal(value, state[name]) for name, value in averages.items())
    best = keras.models.load_model(tmp_path / "resumed" / "best.keras", compile=False)
    for variable in best.variables:
        np.testing.assert_array_equal(variable, averages[variable.path])
    resumed = train.train(config, source, tmp_path / "resumed")
    assert without_speed(resumed[-1]) == pytest.approx(without_speed(unbroken[-1]), rel=1e-3, abs=1e-3)
    plain = train.train(replace(config, average=0.0), source, tmp_path / "plain")
    assert plain[-1]["loss"] == pytest.approx(unbroken[-1]["loss"], rel=1e-3)
    assert plain[-1]["val_loss"] != unbroken[-1]["val_loss"]


def test_a_moving_average() -> None:
    weight, kept = keras.Variable(0.0), keras.Variable(0.0)
    model = SimpleNamespace(
        network=SimpleNamespace(variables=[weight]),
        kept=SimpleNamespace(variables=[kept]),
        optimizer=keras.optimizers.Adam(),
    )
    average = Average(model, 0.9)  # type: ignore[arg-type]
    weight.assign(1.0)
    for step, wanted in ((0, 0.9), (81, 0.91), (1000, 0.919)):
        model.optimizer.iterations.assign(step)
        average.on_train_batch_end(0)
        assert float(kept) == pytest.approx(wanted)
    assert float(weight) == 1


def without_speed(row: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in row.items() if name != "audio_s_per_s"}


def test_two_local_workers_train_together(source: train.Source, tmp_path: Path) -> None:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY.replace("epochs = 3", "epochs = 1"))
    cluster = {"worker": [f"localhost:{free_port()}" for _ in range(2)]}
    workers = []
    for index in range(2):
        task = {"cluster": cluster, "task": {"type": "worker", "index": index}}
        arguments = command(source, path, tmp_path / "run", "--strategy", "multiworker")
        environment = {**ENVIRONMENT, "TF_CONFIG": json.dumps(task)}
        workers.append(subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
    said = [worker.communicate(timeout=300)[0].decode() for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], said
    # Both end with the same mean over their shares of the data.
    assert said[0].splitlines()[-1] == said[1].splitlines()[-1]
    assert "1 epochs, best val_rmse" in said[0]


def free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("localhost", 0))
        return int(found.getsockname()[1])


def test_the_command_line_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train.main([str(tmp_path / "none.toml"), "--data", str(tmp_path)]) == 1
    assert "none.toml" in capsys.readouterr().err
    config = tmp_path / "tiny.toml"
    config.write_text(TINY)
    assert train.main([str(config), "--data", str(tmp_path)]) == 1
    assert "holds no complete data set" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        train.main([str(config)])
    assert "give either --data, or --speech and --noise" in capsys.readouterr().err


def test_mixing_settings_of_a_config(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text(TINY + "[mix]\nsnr_db = [-5, 20]\nreverb = 0.5\n")
    assert Config.read(path).mix == MixSettings(snr_db=(-5, 20), reverb=0.5)
