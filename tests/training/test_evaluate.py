"""Measures, peers, and the tables made of them."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("pesq")
pytest.importorskip("pystoi")
from training import evaluate
from training.evaluation import measures, report, systems

RATE = 16000


def pair(seconds: float = 2.0, rate: int = RATE, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A clean voice and the same in noise."""
    random = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    pitch = 120 + 20 * np.sin(2 * np.pi * t)
    voice = sum(np.sin(k * 2 * np.pi * np.cumsum(pitch) / rate) / k for k in range(1, 20))
    clean = (0.1 * voice * np.clip(np.sin(2 * np.pi * 3 * t), 0, None)).astype(np.float32)
    return clean, (clean + 0.02 * random.standard_normal(t.size)).astype(np.float32)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pairs of different rates and file types, with labels."""
    root = tmp_path_factory.mktemp("pairs")
    (root / "clean").mkdir()
    (root / "noisy").mkdir()
    for n, (rate, ending) in enumerate([(16000, "flac"), (16000, "wav"), (48000, "flac")]):
        for kind, audio in zip(("clean", "noisy"), pair(2.0, rate, n), strict=True):
            soundfile.write(root / kind / f"{n:03}.{ending}", audio, rate)
    (root / "pairs.csv").write_text("pair,speech,noise,snr_db\n000,a,white,5\n001,b,white,10\n002,c,pink,-5\n")
    return root


# -- measures


def test_si_sdr_by_hand() -> None:
    clean, _ = pair()
    noise = np.random.default_rng(1).standard_normal(clean.size)
    noise -= noise.mean()
    centred = clean - clean.mean()
    noise -= np.dot(noise, centred) / np.dot(centred, centred) * centred
    noise *= np.sqrt(np.dot(centred, centred) / np.dot(noise, noise)) / 10
    assert measures.si_sdr(3 * (clean + noise) + 1, clean) == pytest.approx(20, abs=1e-3)
    assert np.isnan(measures.si_sdr(np.zeros_like(clean), clean))
    assert measures.level((clean + noise) / 2 + 1, clean) == pytest.approx(-6.02, abs=1e-2)
    assert np.isnan(measures.level(np.zeros_like(clean), clean))


def test_extremes_of_a_halving() -> None:
    clean, noisy = pair()
    found = measures.extremes(lambda audio: audio / 2, noisy, clean, RATE)
    assert found["noise dB"] == pytest.approx(-6.02, abs=0.01)
    assert found["clean SI-SDR"] > 100
    assert found["clean PESQ"] > 4.6


def test_every_measure_prefers_the_clean_signal() -> None:
    clean, noisy = pair(rate=48000)
    bad, good = measures.judge(noisy, clean, 48000), measures.judge(clean, clean, 48000)
    for name in ("PESQ-nb", "PESQ-wb", "STOI", "ESTOI", "SI-SDR"):
        assert good[name] > bad[name], name
    assert good["LSD-hi"] == 0 < bad["LSD-hi"]


def test_the_rate_decides_what_can_be_measured() -> None:
    clean, noisy = pair(rate=8000)
    assert set(measures.judge(noisy, clean, 8000)) == {"PESQ-nb", "STOI", "ESTOI", "SI-SDR", "level"}


def test_silence_gives_no_number_and_no_failure() -> None:
    silent = np.zeros(2 * RATE, np.float32)
    found = measures.judge(silent, silent, RATE, dnsmos_too=False)
    assert np.isnan(found["PESQ-nb"])
    assert np.isnan(found["SI-SDR"])


def test_high_band_distance_of_a_gain_is_the_gain() -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(48000).astype(np.float32)
    assert measures.high_band_distance(0.5 * noise, noise, 48000) == pytest.approx(20 * np.log10(2), abs=1e-3)


def test_dnsmos_hears_noise() -> None:
    pytest.importorskip("onnxruntime")
    clean, noisy = pair(4.0)
    louder = noisy + 0.1 * np.random.default_rng(0).standard_normal(noisy.size).astype(np.float32)
    found = measures.dnsmos(clean)
    if not found:
        pytest.skip("speechmos is not installed")
    assert found["BAK"] > measures.dnsmos(louder)["BAK"]
    assert all(1 <= value <= 5 for value in found.values())


# -- systems


def test_a_lag_is_measured_and_taken_off() -> None:
    late = systems.System("late", None, lambda rate: lambda audio: np.concatenate([np.zeros(123, "f"), audio])[:-123])
    clean, noisy = pair()
    placed = late.aligned(clean, RATE)
    assert round(placed.lag * RATE) == 123
    np.testing.assert_array_equal(placed.run(noisy, RATE)[0], noisy)


def test_a_system_of_one_rate_gets_that_rate() -> None:
    seen = []

    def open(rate: int) -> systems.Denoise:
        seen.append(rate)
        return lambda audio: audio

    clean, _ = pair()
    estimate, seconds = systems.System("fixed", 48000, open).run(clean, RATE)
    assert seen == [48000]
    assert estimate.shape == clean.shape
    assert measures.si_sdr(estimate, clean) > 40
    assert seconds >= 0


@pytest.mark.parametrize("name", systems.PEERS)
def test_peers_give_aligned_audio(name: str) -> None:
    try:
        system = systems.peer(name)
    except systems.NotInstalledError as missing:
        pytest.skip(str(missing))
    clean, noisy = pair()
    estimate, _ = system.aligned(clean, RATE).run(noisy, RATE)
    assert estimate.shape == noisy.shape
    assert np.isfinite(estimate).all()
    product = np.correlate(np.pad(estimate, 800), noisy, "valid")
    assert abs(int(np.argmax(np.abs(product))) - 800) < RATE / 100


def test_a_missing_peer_is_skipped_with_a_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(systems.PEERS, "some-denoiser", ("Some", "some_denoiser_module", 16000, systems._webrtc))
    assert evaluate.choose([], "some-denoiser").peers == ()
    assert "Some is left out: pip install some-denoiser" in capsys.readouterr().err
    with pytest.raises(ValueError, match="no peer 'other'"):
        evaluate.choose([], "other")


# -- tables


def test_pairs_are_found_with_their_labels(pairs: Path, tmp_path: Path) -> None:
    found = evaluate.find_pairs(pairs)
    assert [(p.name, p.labels["snr_db"]) for p in found] == [("000", "5"), ("001", "10"), ("002", "-5")]
    with pytest.raises(ValueError, match="holds no pairs"):
        evaluate.find_pairs(tmp_path)
    (tmp_path / "noisy").mkdir()
    soundfile.write(tmp_path / "noisy" / "a.wav", pair()[0], RATE)
    with pytest.raises(ValueError, match="no clean file of the same name"):
        evaluate.find_pairs(tmp_path)


def test_means_leave_out_what_could_not_be_judged() -> None:
    rows = [{"system": "a", "STOI": 0.5, "SI-SDR": np.nan}, {"system": "a", "STOI": 0.7, "SI-SDR": 3.0}]
    assert report.means(rows) == {"a": {"STOI": pytest.approx(0.6), "SI-SDR": 3.0}}


def test_margins_are_those_of_paired_differences() -> None:
    random = np.random.default_rng(0)
    levels, gains = random.normal(2, 1, 40), random.normal(0.1, 0.2, 40)
    rows = [{"system": "a", "pair": n, "PESQ-nb": x + g} for n, (x, g) in enumerate(zip(levels, gains, strict=True))]
    rows += [{"system": "b", "pair": n, "PESQ-nb": x} for n, x in enumerate(levels)]
    rows += [{"system": "c", "pair": 0, "PESQ-nb": 1.0}, {"system": "b", "pair": 40, "PESQ-nb": 99.0}]
    found = report.margins(rows, "a")
    assert set(found) == {"b"}
    margin = found["b"]["PESQ-nb"]
    assert margin["mean"] == pytest.approx(gains.mean())
    # For a mean of so many, the bootstrap's interval is close to the normal one.
    half = 1.96 * gains.std() / np.sqrt(gains.size)
    assert margin["low"] == pytest.approx(gains.mean() - half, abs=0.1 * half)
    assert margin["high"] == pytest.approx(gains.mean() + half, abs=0.1 * half)
    assert report.margins(rows, "b")["a"]["PESQ-nb"]["mean"] == pytest.approx(-gains.mean())


def test_the_whole_command(
    pairs: Path, narrowband_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(pairs), "--model", str(narrowband_model), "--workers", "1", "--no-dnsmos", "--figure", "001"]
    assert evaluate.main([*arguments, "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    name = narrowband_model.name
    assert f"| {name} |" in printed
    assert f"### {name} above the others" in printed
    assert "PESQ-nb by SNR" in printed
    assert "SI-SDR by noise" in printed
    assert "| | -5 | 5 | 10 |" in printed
    found = json.loads((tmp_path / "evaluation.json").read_text())
    assert found["pairs"] == 3
    assert set(found["systems"]) == {"noisy", name}
    assert found["systems"][name]["RTF"] > 0
    margin = found["above"][name]["noisy"]["STOI"]
    assert margin["mean"] == pytest.approx(found["systems"][name]["STOI"] - found["systems"]["noisy"]["STOI"])
    assert margin["low"] <= margin["mean"] <= margin["high"]
    assert found["by"]["noise"]["white"]["noisy"]["STOI"] > 0
    lines = (tmp_path / "evaluation.csv").read_text().splitlines()
    assert len(lines) == 1 + 3 * 2
    for file in ("evaluation.md", "evaluation.png", "001.png"):
        assert (tmp_path / file).stat().st_size > 100
    for kind in ("clean", "noisy", "denoised"):
        assert soundfile.info(tmp_path / f"001-{kind}.wav").frames == 2 * RATE


def test_a_model_may_bear_a_reduction_limit() -> None:
    choice = evaluate.choose(["default", "fullband@24", "default@100", "runs/a@home/x"], "")
    assert choice.models == (
        (None, "DeepDenoise", 40.0),
        ("fullband", "fullband@24", 24.0),
        (None, "DeepDenoise@100", 100.0),
        ("runs/a@home/x", "x", 40.0),
    )
    named = evaluate.choose(["runs/v1.1", "runs/v1.2@24", "mine.ddn"], "").models
    assert [name for _, name, _ in named] == ["v1.1", "v1.2@24", "mine"]
    with pytest.raises(ValueError, match="two models would both be called 'model'"):
        evaluate.choose(["a/model", "b/model"], "")


def test_processes_find_what_one_finds(pairs: Path, narrowband_model: Path) -> None:
    choice = evaluate.choose([str(narrowband_model)], "")
    found = evaluate.find_pairs(pairs)[:2]
    one = evaluate.evaluate(found, choice, 8000, 1, False)
    two = evaluate.evaluate(found, choice, 8000, 2, False)
    for a, b in zip(one, two, strict=True):
        assert {**a, "RTF": 0} == pytest.approx({**b, "RTF": 0})


def test_errors_of_the_command_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main([str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "holds no pairs" in capsys.readouterr().err
