"""Measures, peers, and the tables made of them."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("pesq")
pytest.importorskip("pystoi")
from training import evaluate
from training.evaluation import evaluation_set, judge, pairs, report, run, systems
from training.evaluation.measures.dnsmos import dnsmos
from training.evaluation.measures.extremes import extremes
from training.evaluation.measures.lsd import high_band_distance
from training.evaluation.measures.si_sdr import level, si_sdr
from training.evaluation.quick import quick

RATE = 16000


def recording(seconds: float = 2.0, rate: int = RATE, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A clean voice and the same in noise."""
    random = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    pitch = 120 + 20 * np.sin(2 * np.pi * t)
    voice = sum(np.sin(k * 2 * np.pi * np.cumsum(pitch) / rate) / k for k in range(1, 20))
    clean = (0.1 * voice * np.clip(np.sin(2 * np.pi * 3 * t), 0, None)).astype(np.float32)
    return clean, (clean + 0.02 * random.standard_normal(t.size)).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pairs of different rates and file types, with labels."""
    root = tmp_path_factory.mktemp("pairs")
    (root / "clean").mkdir()
    (root / "noisy").mkdir()
    for n, (rate, ending) in enumerate([(16000, "flac"), (16000, "wav"), (48000, "flac")]):
        for kind, audio in zip(("clean", "noisy"), recording(2.0, rate, n), strict=True):
            soundfile.write(root / kind / f"{n:03}.{ending}", audio, rate)
    (root / "pairs.csv").write_text("pair,speech,noise,snr_db\n000,a,white,5\n001,b,white,10\n002,c,pink,-5\n")
    return root


# -- measures


def test_si_sdr_by_hand() -> None:
    clean, _ = recording()
    noise = np.random.default_rng(1).standard_normal(clean.size)
    noise -= noise.mean()
    centred = clean - clean.mean()
    noise -= np.dot(noise, centred) / np.dot(centred, centred) * centred
    noise *= np.sqrt(np.dot(centred, centred) / np.dot(noise, noise)) / 10
    assert si_sdr(3 * (clean + noise) + 1, clean) == pytest.approx(20, abs=1e-3)
    assert np.isnan(si_sdr(np.zeros_like(clean), clean))
    assert level((clean + noise) / 2 + 1, clean) == pytest.approx(-6.02, abs=1e-2)
    assert np.isnan(level(np.zeros_like(clean), clean))


def test_extremes_of_a_halving() -> None:
    clean, noisy = recording()
    found = extremes(lambda audio: audio / 2, noisy, clean, RATE)
    assert found["noise dB"] == pytest.approx(-6.02, abs=0.01)
    assert found["clean SI-SDR"] > 100
    assert found["clean PESQ"] > 4.6


def test_every_measure_prefers_the_clean_signal() -> None:
    clean, noisy = recording(rate=48000)
    bad, good = judge.judge(noisy, noisy, clean, 48000), judge.judge(clean, noisy, clean, 48000)
    for name in ("PESQ-nb", "PESQ-wb", "STOI", "ESTOI", "SI-SDR"):
        assert good[name] > bad[name], name
    assert good["LSD-hi"] == 0 < bad["LSD-hi"]


def test_the_rate_decides_what_can_be_measured() -> None:
    clean, noisy = recording(rate=8000)
    quality = {"PESQ-nb", "STOI", "ESTOI", "SI-SDR", "level"}
    parts = {"kept 0.3-1 kHz", "kept 1-2 kHz", "kept 2-4 kHz", "fricatives", "between harmonics", "pauses"}
    assert set(judge.judge(noisy, noisy, clean, 8000)) == quality | parts


def test_a_measure_that_no_table_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    clean, noisy = recording()
    monkeypatch.setattr(judge, "speech_kept", lambda *of: {"musical noise": 1.0})
    with pytest.raises(ValueError, match=r"\['musical noise'\]: add them to QUALITY or PARTS"):
        judge.judge(noisy, noisy, clean, RATE, dnsmos_too=False)


def test_silence_gives_no_number_and_no_failure() -> None:
    silent = np.zeros(2 * RATE, np.float32)
    found = judge.judge(silent, silent, silent, RATE, dnsmos_too=False)
    for name in ("PESQ-nb", "STOI", "ESTOI", "SI-SDR"):
        assert np.isnan(found[name]), name
    clean, noisy = recording()
    # Too little speech for STOI, which judges 30 frames of 25.6 ms.
    found = judge.judge(noisy[: RATE // 4], noisy[: RATE // 4], clean[: RATE // 4], RATE, dnsmos_too=False)
    assert np.isnan(found["STOI"]) and np.isnan(found["ESTOI"])


def test_high_band_distance_of_a_gain_is_the_gain() -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(48000).astype(np.float32)
    assert high_band_distance(0.5 * noise, noise, 48000) == pytest.approx(20 * np.log10(2), abs=1e-3)


def test_dnsmos_hears_noise() -> None:
    pytest.importorskip("onnxruntime")
    clean, noisy = recording(4.0)
    louder = noisy + 0.1 * np.random.default_rng(0).standard_normal(noisy.size).astype(np.float32)
    found = dnsmos(clean)
    if not found:
        pytest.skip("speechmos is not installed")
    assert found["BAK"] > dnsmos(louder)["BAK"]
    assert all(1 <= value <= 5 for value in found.values())


# -- systems


def test_a_lag_is_measured_and_taken_off() -> None:
    late = systems.System("late", None, lambda rate: delayed)
    clean, noisy = recording()
    placed = late.aligned([(clean, RATE)])
    assert round(placed.lag * RATE) == 123
    np.testing.assert_array_equal(placed.run(noisy, RATE)[0], noisy)


def delayed(audio: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros(123, "f"), audio])[:-123]


@pytest.mark.parametrize("fault", [0.0, np.nan])
def test_what_does_not_sound_shows_no_lag(fault: float) -> None:
    clean, _ = recording()
    broken = systems.System("broken", None, lambda rate: lambda audio: audio * np.float32(fault))
    assert broken.aligned([(clean, RATE)]).lag == 0
    late = systems.System("late", None, lambda rate: delayed)
    assert round(late.aligned([(0 * clean, RATE), (clean, RATE)]).lag * RATE) == 123


def test_a_silent_first_pair_gives_peers_no_false_lag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(systems.PEERS, "late", ("Late", "numpy", None, lambda rate: delayed))
    clean, _ = recording()
    for kind in ("clean", "noisy"):
        (tmp_path / kind).mkdir()
        soundfile.write(tmp_path / kind / "0.wav", 0 * clean, RATE)
        soundfile.write(tmp_path / kind / "1.wav", clean, RATE)
    rows = run.evaluate(pairs.find_pairs(tmp_path), run.Choice((), ("late",)), run.Extent(dnsmos=False))
    assert rows[-1]["system"] == "Late"
    assert rows[-1]["SI-SDR"] > 40


def test_a_system_of_one_rate_gets_that_rate() -> None:
    seen = []

    def open(rate: int) -> systems.Denoise:
        seen.append(rate)
        return lambda audio: audio

    clean, _ = recording()
    estimate, seconds = systems.System("fixed", 48000, open).run(clean, RATE)
    assert seen == [48000]
    assert estimate.shape == clean.shape
    assert si_sdr(estimate, clean) > 40
    assert seconds >= 0


@pytest.mark.parametrize("name", systems.PEERS)
def test_peers_give_aligned_audio(name: str) -> None:
    try:
        system = systems.peer(name)
    except systems.NotInstalledError as missing:
        pytest.skip(str(missing))
    clean, noisy = recording()
    estimate, _ = system.aligned([(clean, RATE)]).run(noisy, RATE)
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


def test_pairs_are_found_with_their_labels(folder: Path, tmp_path: Path) -> None:
    found = pairs.find_pairs(folder)
    assert [(p.name, p.labels["snr_db"]) for p in found] == [("000", "5"), ("001", "10"), ("002", "-5")]
    with pytest.raises(ValueError, match="holds no pairs"):
        pairs.find_pairs(tmp_path)
    (tmp_path / "noisy").mkdir()
    soundfile.write(tmp_path / "noisy" / "a.wav", recording()[0], RATE)
    with pytest.raises(ValueError, match="no clean file of the same name"):
        pairs.find_pairs(tmp_path)


def test_pairs_are_found_as_spreadsheets_and_file_managers_leave_them(tmp_path: Path) -> None:
    for kind in ("clean", "noisy"):
        (tmp_path / kind).mkdir()
        for name in ("a", "b"):
            soundfile.write(tmp_path / kind / f"{name}.wav", recording()[0], RATE)
        (tmp_path / kind / "._a.wav").write_bytes(b"what macOS leaves")
    (tmp_path / "pairs.csv").write_text("\ufeffpair,noise,snr_db\na,fan,5\nb,fan\n", encoding="utf-8")
    found = {pair.name: pair.labels for pair in pairs.find_pairs(tmp_path)}
    assert found == {"a": {"pair": "a", "noise": "fan", "snr_db": "5"}, "b": {"pair": "b", "noise": "fan"}}
    (tmp_path / "pairs.csv").write_text("file,noise\na,fan\n")
    with pytest.raises(ValueError, match=r"pairs\.csv has no column 'pair'"):
        pairs.find_pairs(tmp_path)


def test_a_pair_whose_name_has_a_dot_is_drawn(
    folder: Path, narrowband_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    monkeypatch.setattr(report, "figure", lambda stem, signals, rate: drawn.append(stem.name))
    [first, *_] = pairs.find_pairs(folder)
    dotted = pairs.FilePair("a.v2", first.clean, first.noisy, {})
    choice = evaluate.choose([str(narrowband_model)], "")
    for name in ("a.v2", "000", "000.wav"):
        evaluate._draw([first, dotted], choice, name, None, tmp_path)
    assert drawn == ["a.v2", "000", "000"]


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
    folder: Path, narrowband_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(folder), "--model", str(narrowband_model), "--workers", "1", "--no-dnsmos", "--figure", "001"]
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
    assert set(found["systems"]) == {"noisy", "clean", name}
    assert found["systems"][name]["RTF"] > 0
    margin = found["above"][name]["noisy"]["STOI"]
    assert margin["mean"] == pytest.approx(found["systems"][name]["STOI"] - found["systems"]["noisy"]["STOI"])
    assert margin["low"] <= margin["mean"] <= margin["high"]
    assert found["by"]["noise"]["white"]["noisy"]["STOI"] > 0
    lines = (tmp_path / "evaluation.csv").read_text().splitlines()
    assert len(lines) == 1 + 3 * 3
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


def test_a_model_is_not_called_as_what_it_is_judged_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(systems.PEERS, "some-denoiser", ("Some", "numpy", 16000, systems._webrtc))
    for model, peers, name in (
        ("runs/noisy", "", "noisy"),
        ("clean", "", "clean"),
        ("a/Some", "some-denoiser", "Some"),
    ):
        with pytest.raises(ValueError, match=f"a model would be called '{name}', as"):
            evaluate.choose([model], peers)
    assert [name for _, name, _ in evaluate.choose(["a/Some"], "").models] == ["Some"]


def test_processes_find_what_one_finds(folder: Path, narrowband_model: Path) -> None:
    choice = evaluate.choose([str(narrowband_model)], "")
    found = pairs.find_pairs(folder)[:2]
    extent = run.Extent(rate=8000, dnsmos=False)
    one, two = (run.evaluate(found, choice, extent, workers) for workers in (1, 2))
    for a, b in zip(one, two, strict=True):
        assert {**a, "RTF": 0} == pytest.approx({**b, "RTF": 0}, nan_ok=True)


def test_a_level_sweep_and_what_is_kept_have_tables(
    folder: Path, narrowband_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(folder), "--model", str(narrowband_model), "--workers", "1", "--no-dnsmos", "--rate", "8000"]
    assert evaluate.main([*arguments, "--every", "2", "--level-sweep", "--extremes", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "| | kept 0.3-1 kHz | kept 1-2 kHz | kept 2-4 kHz |" in printed
    assert "| | -60 dB | -50 dB | -40 dB | -30 dB | -20 dB | -10 dB | +10 dB | +20 dB |" in printed
    found = json.loads((tmp_path / "evaluation.json").read_text())
    assert found["pairs"] == 2
    judged = found["systems"][narrowband_model.name]
    # The narrowband front end does not see the level.
    assert judged["SI-SDR at -20 dB"] == pytest.approx(0, abs=1e-2)
    assert "noise dB" in judged


# -- sets


def test_bundled_sets_are_whole() -> None:
    assert {"dev16", "dev48"} <= set(evaluation_set.names())
    for name in evaluation_set.names():
        text = (evaluation_set.SETS / f"{name}.toml").read_text()
        assert "licence = " in text, name
        with pytest.raises(ValueError, match="holds no"):
            evaluation_set.read_set(evaluation_set.SETS / f"{name}.toml", Path("/nowhere"))


def test_a_set_of_files_is_found_by_its_name_below_the_audio_root(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dev16").symlink_to(folder)
    assert len(evaluation_set.find_set("dev16", tmp_path).pairs) == 3
    monkeypatch.setenv("DEEPDENOISE_AUDIO", str(tmp_path))
    found = evaluation_set.find_set("dev16")
    assert (found.title, found.use, len(found.pairs)) == ("dev16", "development", 3)
    assert evaluate.main(["dev16", "--no-dnsmos", "--limit", "1", "--workers", "1", "--out", str(tmp_path)]) == 0
    assert "dev16 is a development set" in capsys.readouterr().out
    monkeypatch.delenv("DEEPDENOISE_AUDIO")
    with pytest.raises(ValueError, match="give --audio DIR, or set DEEPDENOISE_AUDIO"):
        evaluation_set.find_set("dev16")
    with pytest.raises(ValueError, match="neither an evaluation set"):
        evaluation_set.find_set(str(tmp_path / "none"))


def test_a_mixed_set_has_the_snr_it_says_and_is_the_same_every_time(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "noise").mkdir()
    noise = np.random.default_rng(0).standard_normal(RATE // 2)
    soundfile.write(tmp_path / "noise" / "hiss.wav", 0.1 * noise, RATE)
    (tmp_path / "speech").symlink_to(folder / "clean")
    file = tmp_path / "mixed.toml"
    file.write_text(
        'title = "mixed"\nuse = "judging"\n[mix]\nspeech = "speech"\nnoise = "noise"\nsample_rate = 16000\n'
        "pairs = 4\nseconds = 1.5\nsnr_db = [0, 10]\nseed = 3\n"
    )
    found, again = (evaluation_set.read_set(file, tmp_path).pairs for _ in range(2))
    assert [pair.labels["snr_db"] for pair in found] == ["0", "10", "0", "10"]
    for pair, same in zip(found, again, strict=True):
        clean, noisy, rate = pair.read()
        assert (rate, clean.size) == (16000, 24000)
        snr = 10 * np.log10(np.sum(clean**2) / np.sum((noisy - clean) ** 2))
        assert snr == pytest.approx(float(pair.labels["snr_db"]), abs=0.01)
        np.testing.assert_array_equal(noisy, same.read()[1])
        assert pair.read(8000)[0].size == 12000
    file.write_text('title = "mixed"\nuse = "choosing"\npairs = "x"\n')
    with pytest.raises(ValueError, match="use is 'choosing'; it must be one of development, judging"):
        evaluation_set.read_set(file, tmp_path)
    file.write_text('title = "mixed"\npairs = "x"\n')
    with pytest.raises(ValueError, match="'use' is missing"):
        evaluation_set.read_set(file, tmp_path)


def test_quick_judges_a_function_at_its_own_rate_and_a_model(folder: Path, narrowband_model: Path) -> None:
    lengths = []

    def halves(audio: np.ndarray) -> np.ndarray:
        lengths.append(audio.size)
        return audio / 2

    found = quick(halves, str(folder), every=2, denoise_rate=8000, rate=16000)
    # Two pairs of 2 s, and what the first sound needs, all at 8 kHz.
    assert lengths.count(16000) == 2
    assert max(lengths) == 16000
    assert found["level"] == pytest.approx(-6, abs=0.3)
    assert "OVRL" not in found
    assert np.isfinite(quick(str(narrowband_model), str(folder), every=3)["STOI"])


def test_errors_of_the_command_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main([str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "holds no pairs" in capsys.readouterr().err
