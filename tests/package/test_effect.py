import copy
import gc
import pickle
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pedalboard
import pytest
from engine_models import save_random
from pedalboard import Chain, Compressor, Gain, Mix, Pedalboard
from sounds import speechlike

from speechenh_plugin import DeepDenoise, modelfile, models, preset
from speechenh_plugin.store import bundle_path
from training.network.front_end import fullband
from training.network.graph import Graph

RATES = [8000, 11025, 16000, 22050, 44100, 48000, 96000]
BLOCKS = [1, 7, 64, 480, 8192]


# --- in a stock board


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("rate", RATES)
def test_board(fullband_model: Path, rate: int, channels: int, dtype: type) -> None:
    audio = speechlike(0.5, rate, channels).astype(dtype)
    board = Pedalboard([DeepDenoise(model=fullband_model), Compressor()])
    output = board(audio, rate)
    assert output.shape == audio.shape and output.dtype == np.float32
    assert np.isfinite(output).all()
    assert 0 < np.sqrt(np.mean(output**2)) < np.sqrt(np.mean(audio**2))


def test_board_of_one_dimension(fullband_model: Path) -> None:
    audio = speechlike(0.5, 16000)
    board = Pedalboard([DeepDenoise(model=fullband_model)])
    np.testing.assert_array_equal(board(audio[0], 16000), board(audio, 16000)[0])


def test_is_a_plugin(fullband_model: Path) -> None:
    effect = DeepDenoise(model=fullband_model)
    assert isinstance(effect, pedalboard.Plugin)
    assert effect.is_effect
    assert effect._reload_type.name == "ClearsAudioOnReset"


@pytest.mark.parametrize("rate", RATES)
def test_chain_and_mix_stay_aligned(model: Path, rate: int) -> None:
    audio = speechlike(0.5, rate, 2)
    untouched = DeepDenoise(strength=0, model=model)
    doubled = Pedalboard([Mix([Chain([untouched, Gain(0)]), Gain(0)])])(audio, rate)
    np.testing.assert_allclose(doubled, 2 * audio, atol=1e-5)


def test_a_board_keeps_the_settings(fullband_model: Path) -> None:
    board = Pedalboard([DeepDenoise(strength=40, listen="removed", model=fullband_model)])
    gc.collect()
    assert (board[0].strength, board[0].listen) == (40, "removed")


# --- blocks, streams, threads


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("rate", RATES)
def test_strength_zero_is_the_input(model: Path, rate: int, channels: int, block: int) -> None:
    audio = speechlike(0.1, rate, channels)
    effect = DeepDenoise(strength=0, model=model)
    np.testing.assert_array_equal(effect(audio, rate, buffer_size=block), audio)


def stream(effect: DeepDenoise, audio: np.ndarray, rate: int, blocks: list[int]) -> np.ndarray:
    """What a host hears that passes the audio on in blocks of the given sizes, over and over."""
    effect(audio[:, :0], rate)  # resets, and tells pedalboard which dimension is which
    parts, start = [], 0
    while start < audio.shape[1]:
        block = blocks[len(parts) % len(blocks)]
        parts.append(effect(audio[:, start : start + block], rate, reset=False))
        start += block
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("rate", [8000, 44100])
def test_blocks_of_a_stream_give_the_one_shot_output(model: Path, rate: int, block: int) -> None:
    audio = speechlike(0.6, rate, 2)
    effect = DeepDenoise(model=model)
    whole = effect(audio, rate)
    output = stream(effect, audio, rate, [block])
    assert output.shape[1] == audio.shape[1] - effect.reported_latency_samples
    np.testing.assert_allclose(output, whole[:, : output.shape[1]], atol=1e-5)


def test_growing_blocks_keep_the_stream(model: Path) -> None:
    audio = speechlike(0.6, 16000)
    effect = DeepDenoise(model=model)
    output = stream(effect, audio, 16000, [10, 50, 3000, 1, 6000])
    np.testing.assert_allclose(output, effect(audio, 16000)[:, : output.shape[1]], atol=1e-5)


def test_no_model_means_the_default() -> None:
    if not models():
        pytest.skip("no model is bundled")
    default = DeepDenoise().model
    effect = DeepDenoise(model=next(model.name for model in models() if model.name != default), strength=40)
    effect.model = None
    assert (effect.model, effect.strength) == (default, 40)


def test_reset_forgets(model: Path) -> None:
    audio = speechlike(0.5, 16000)
    effect = DeepDenoise(model=model)
    first = effect(audio, 16000)
    effect(speechlike(0.5, 16000, seed=1), 16000)
    np.testing.assert_array_equal(effect(audio, 16000), first)


def test_rate_and_channels_may_change(model: Path) -> None:
    effect = DeepDenoise(model=model)
    for rate, channels in [(8000, 1), (48000, 2), (48000, 6), (16000, 1), (8000, 1)]:
        audio = speechlike(0.3, rate, channels)
        expected = DeepDenoise(model=model)(audio, rate)
        np.testing.assert_array_equal(effect(audio, rate), expected)


def test_threads_give_what_each_gives_alone(model: Path) -> None:
    effects = [DeepDenoise(model=model, strength=strength) for strength in (100, 50)]
    audios = [speechlike(2, 44100, 2, seed) for seed in (0, 1)]
    alone = [effect(audio, 44100) for effect, audio in zip(effects, audios, strict=True)]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda effect, audio: effect(audio, 44100), effects, audios))
    for output, expected in zip(together, alone, strict=True):
        np.testing.assert_array_equal(output, expected)


def test_processing_holds_no_gil(model: Path) -> None:
    """Python goes on while a long array is processed."""
    effect, audio = DeepDenoise(model=model), speechlike(20, 48000, 2)
    steps, before = 0, sys.getswitchinterval()
    # Only if the other thread lets go of the GIL by itself does this one ever run.
    sys.setswitchinterval(1000)
    try:
        with ThreadPoolExecutor(1) as pool:
            processing = pool.submit(effect, audio, 48000)
            while not processing.done():
                steps += 1
                time.sleep(0)
    finally:
        sys.setswitchinterval(before)
    assert processing.result().shape == audio.shape
    assert steps > 100


# --- controls


def test_result_and_removed_add_up(model: Path) -> None:
    audio = speechlike(0.5, 44100, 2)
    result = DeepDenoise(model=model)(audio, 44100)
    removed = DeepDenoise(model=model, listen="removed")(audio, 44100)
    np.testing.assert_allclose(result + removed, audio, atol=1e-5)


def test_strength_mixes_in_phase(model: Path) -> None:
    audio = speechlike(0.5, 44100)
    half = DeepDenoise(model=model, strength=50)(audio, 44100)
    full = DeepDenoise(model=model)(audio, 44100)
    np.testing.assert_allclose(half, (audio + full) / 2, atol=1e-5)


def test_reduction_limit(model: Path) -> None:
    audio = speechlike(0.5, 44100)
    effect = DeepDenoise(model=model, reduction_limit_db=0)
    np.testing.assert_allclose(effect(audio, 44100), audio, atol=1e-5)
    powers = []
    for limit in (6, 20, 100):
        effect.reduction_limit_db = limit
        powers.append(np.mean(effect(audio, 44100) ** 2))
    assert np.mean(audio**2) > powers[0] > powers[1] >= powers[2]
    assert powers[0] > np.mean(audio**2) * 10**-0.6 * 0.9


def test_stereo_link_keeps_the_image(fullband_model: Path) -> None:
    left = speechlike(0.5, 44100)[0]
    audio = np.stack([left, 0.25 * left])
    linked = DeepDenoise(model=fullband_model)(audio, 44100)
    np.testing.assert_allclose(linked[1], 0.25 * linked[0], atol=1e-6)


def test_unlinked_channels_are_independent(model: Path) -> None:
    audio = speechlike(0.5, 44100, 2)
    unlinked = DeepDenoise(model=model, stereo_link=False)(audio, 44100)
    for channel in (0, 1):
        mono = DeepDenoise(model=model)(audio[channel], 44100)
        np.testing.assert_allclose(unlinked[channel], mono, atol=1e-6)


def test_bypass(model: Path) -> None:
    audio = speechlike(0.5, 44100)
    effect = DeepDenoise(model=model, listen="removed")
    effect.bypass = True
    np.testing.assert_allclose(effect(audio, 44100), audio, atol=1e-5)
    effect.bypass = False
    assert not np.allclose(effect(audio, 44100), audio, atol=1e-3)


def test_changes_glide(model: Path) -> None:
    """A switch amid a tone adds no step between samples that the tone itself does not have."""
    rate = 16000
    tone = (0.5 * np.sin(2 * np.pi * 200 * np.arange(rate) / rate)).astype(np.float32)[None]
    effect = DeepDenoise(model=model, strength=0)
    effect(tone[:, :0], rate)
    parts = []
    for i, start in enumerate(range(0, rate, 1000)):
        effect.strength = 100 * (i % 2)
        parts.append(effect(tone[:, start : start + 1000], rate, reset=False))
    output = np.concatenate(parts, axis=1)
    assert np.abs(np.diff(output)).max() < 1.5 * np.abs(np.diff(tone)).max()


def test_controls_read_back(fullband_model: Path) -> None:
    effect = DeepDenoise(
        strength=33.3, reduction_limit_db=24, stereo_link=False, listen="removed", model=fullband_model
    )
    assert (effect.strength, effect.reduction_limit_db, effect.stereo_link, effect.listen) == (
        33.3,
        24.0,
        False,
        "removed",
    )
    assert repr(effect) == (
        "<DeepDenoise model='tiny-fullband' strength=33.3 % reduction_limit_db=24 dB "
        "stereo_link=False listen='removed'>"
    )
    effect.reduction_limit_db = 100
    assert "reduction_limit_db=off" in repr(effect)


def test_bypass_in_the_constructor(model: Path) -> None:
    audio = speechlike(0.3, 16000)
    effect = DeepDenoise(model=model, listen="removed", bypass=True)
    assert effect.bypass is True and repr(effect).endswith("listen='removed' bypass=True>")
    np.testing.assert_array_equal(effect(audio, 16000), audio)


def test_unknown_attributes(fullband_model: Path) -> None:
    effect = DeepDenoise(model=fullband_model)
    with pytest.raises(AttributeError, match="DeepDenoise has no control 'strenght'; did you mean 'strength'?"):
        effect.strenght = 3
    with pytest.raises(AttributeError, match="its controls are strength, reduction_limit_db, stereo_link, listen"):
        effect.wet = 3
    with pytest.raises(AttributeError, match="DeepDenoise has no control 'strenght'; did you mean 'strength'?"):
        _ = effect.strenght
    effect._anything_of_a_subclass = 1


def test_tab_completion_shows_the_controls(fullband_model: Path) -> None:
    names = dir(DeepDenoise(model=fullband_model))
    assert {"strength", "reduction_limit_db", "stereo_link", "listen", "bypass", "model", "process"} <= set(names)
    assert len(names) == len(set(names))


def test_what_a_board_gives_back(fullband_model: Path) -> None:
    effect = DeepDenoise(model=fullband_model, strength=40)
    board = Pedalboard([effect])
    assert board[0] is effect
    del effect
    gc.collect()
    assert type(board[0]) is pedalboard.VST3Plugin
    assert board[0].strength == 40


def test_hosts_see_units(fullband_model: Path) -> None:
    effect = DeepDenoise(model=fullband_model, reduction_limit_db=24)
    texts = {name: parameter.string_value for name, parameter in effect.parameters.items()}
    assert texts == {
        "strength": "100.0 %",
        "reduction_limit_db": "24.0 dB",
        "stereo_link": "on",
        "listen": "result",
        "bypass": "off",
        "model": "custom",
    }


# --- models and states


def test_model_by_directory_file_and_property(narrowband_model: Path, fullband_model: Path, tmp_path: Path) -> None:
    audio = speechlike(0.5, 16000)
    expected = DeepDenoise(model=narrowband_model)(audio, 16000)
    file = tmp_path / "mine.ddn"
    file.write_bytes(modelfile.pack(narrowband_model))
    effect = DeepDenoise(model=fullband_model, strength=100)
    assert not np.array_equal(effect(audio, 16000), expected)
    effect.model = str(file)
    assert effect.model == "tiny-narrowband"
    np.testing.assert_array_equal(effect(audio, 16000), expected)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda effect: pickle.loads(pickle.dumps(effect))])
def test_copies(model: Path, duplicate: object) -> None:
    effect = DeepDenoise(strength=70, reduction_limit_db=12, listen="removed", stereo_link=False, model=model)
    other = duplicate(effect)  # type: ignore[operator]
    assert repr(other) == repr(effect)
    audio = speechlike(0.3, 16000)
    np.testing.assert_array_equal(other(audio, 16000), effect(audio, 16000))


def test_preset_file_loads_in_a_plain_host(model: Path, tmp_path: Path) -> None:
    effect = DeepDenoise(strength=70, model=model)
    file = tmp_path / "mine.vstpreset"
    file.write_bytes(effect.preset_data)
    host = pedalboard.load_plugin(str(bundle_path()))
    host.load_preset(str(file))
    assert host.strength == 70
    audio = speechlike(0.3, 16000)
    np.testing.assert_array_equal(host(audio, 16000), effect(audio, 16000))


def test_hosts_choose_a_model_from_a_list(model: Path) -> None:
    effect = DeepDenoise(model=model)
    audio = speechlike(0.3, 16000)
    own = effect(audio, 16000)
    host = pedalboard.load_plugin(str(bundle_path()))
    names = host.parameters["model"].valid_values
    assert sorted(names[:-1]) == [bundled.name for bundled in models()]
    for name in names[:-1]:
        host.model = name
        assert host.model == name
        # Not to the bit: Python gives the limit in 32 bits, the plug-in begins with its own.
        np.testing.assert_allclose(host(audio, 16000), DeepDenoise(model=name)(audio, 16000), atol=1e-6)
    host.model = "custom"  # there is none yet: what was in use stays
    assert host.model == names[-2 if len(names) > 1 else 0]
    host.preset_data = effect.preset_data
    for name in names:
        host.model = name
    np.testing.assert_array_equal(host(audio, 16000), own)


def test_a_model_that_looks_ahead_stays_aligned(fullband_model: Path, tmp_path: Path) -> None:
    """Latency follows the model, also when it changes under a running effect."""
    graph = Graph("tiny-lookahead", fullband(lookahead=2))
    graph.output("gains", graph.conv(graph.input("bands", 129, 1), 1, (3, 5), activation="sigmoid"))
    directory = save_random(graph, tmp_path / graph.name)
    audio = speechlike(0.5, 16000)
    effect = DeepDenoise(model=fullband_model, strength=0)
    effect(audio, 16000)
    assert effect.reported_latency_samples == 512
    effect.model = directory
    np.testing.assert_allclose(effect(audio, 16000), audio, atol=1e-5)
    assert effect.reported_latency_samples == 512 + 2 * 128


def test_raw_state_round_trip(model: Path) -> None:
    effect, other = DeepDenoise(strength=70, model=model), DeepDenoise(model=model)
    other.raw_state = effect.raw_state
    assert repr(other) == repr(effect)


def test_a_bad_state_changes_nothing(model: Path) -> None:
    effect = DeepDenoise(strength=70, model=model)
    before, good = repr(effect), effect.preset_data
    state = preset.unpack_preset(good)
    cid = good[8:40].decode()
    bad = [good[:48] + b"X" + good[49:], good[:-70]]
    for values, model_source in [
        ({**state.values, 0: 101.0}, state.model),
        ({**state.values, 0: float("nan")}, state.model),
        (state.values, "no such model"),
        (state.values, "../../../etc/passwd"),
        (state.values, b""),
        (state.values, bytes(state.model)[:-1]),
        (state.values, bytes(1000)),
    ]:
        bad.append(preset.pack_preset(preset.State(values, model_source), cid))
    for data in bad:
        with pytest.raises(RuntimeError):
            effect.preset_data = data
        assert repr(effect) == before
    effect.preset_data = good


def test_damaged_states_never_crash(model: Path) -> None:
    random = np.random.default_rng(0)
    effect = DeepDenoise(model=model)
    good = effect.preset_data
    audio = speechlike(0.1, 16000)
    for _ in range(200):
        data = bytearray(good)
        for position in random.integers(48, min(len(data), 400), random.integers(1, 6)):
            data[position] = random.integers(256)
        try:
            effect.preset_data = bytes(data)
        except RuntimeError:
            continue
        assert np.isfinite(effect(audio, 16000)).all()
    effect.preset_data = good


# --- bad input


@pytest.mark.parametrize("wrap", [lambda effect: effect, lambda effect: Pedalboard([effect])], ids=["alone", "board"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e-42, 3e38])
def test_odd_samples_give_finite_output_and_recover(model: Path, bad: float, wrap: object) -> None:
    audio = speechlike(1, 16000, 2)
    odd = audio.copy()
    odd[:, 2000:2100] = bad
    effect = wrap(DeepDenoise(model=model))  # type: ignore[operator]
    assert np.isfinite(effect(odd, 16000)).all()
    np.testing.assert_array_equal(effect(audio, 16000), wrap(DeepDenoise(model=model))(audio, 16000))  # type: ignore[operator]


def test_silence_stays_silent(model: Path) -> None:
    assert not DeepDenoise(model=model)(np.zeros((2, 8000), np.float32), 16000).any()


@pytest.mark.parametrize("shape", [(0,), (1,), (1, 0), (2, 0), (2, 1), (1, 1), (0, 100)])
@pytest.mark.parametrize("board", [False, True])
def test_tiny_arrays(model: Path, shape: tuple[int, ...], board: bool) -> None:
    effect = DeepDenoise(model=model)
    output = (Pedalboard([effect]) if board else effect)(np.full(shape, 0.1, np.float32), 16000)
    assert output.shape == shape
    assert np.isfinite(output).all()


@pytest.mark.parametrize("dtype", [np.int64, np.uint16, np.complex64, bool])
def test_arrays_that_hold_no_audio(model: Path, dtype: type) -> None:
    effect = DeepDenoise(model=model)
    with pytest.raises(TypeError, match="floating point"):
        effect(np.zeros((1, 1000), dtype), 16000)


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float16, np.complex64, bool])
def test_a_board_takes_floats_only(model: Path, dtype: type) -> None:
    with pytest.raises(TypeError, match="floating point"):
        Pedalboard([DeepDenoise(model=model)])(np.zeros((1, 1000), dtype), 16000)


@pytest.mark.parametrize("rate", [0, -8000, 7999, 192001, 500000, float("nan"), float("inf")])
def test_unsupported_rates(model: Path, rate: float) -> None:
    audio = speechlike(0.1, 16000)
    effect = DeepDenoise(model=model)
    with pytest.raises(ValueError, match="sample_rate must be from 8000 to 192000 Hz"):
        effect(audio, rate)
    # A stock board asks no Python; it gives silence, which cannot be taken for denoised speech.
    assert not Pedalboard([effect])(audio, rate).any()
    assert effect(audio, 16000).any()


def test_a_buffer_holds_a_sample(model: Path) -> None:
    for size in (0, -1):
        with pytest.raises(ValueError, match="buffer_size must be at least 1 sample"):
            DeepDenoise(model=model)(speechlike(0.1, 16000), 16000, buffer_size=size)
    with pytest.raises(TypeError, match="interpreted as an integer"):
        DeepDenoise(model=model)(speechlike(0.1, 16000), 16000, buffer_size=1.5)  # type: ignore[arg-type]


def test_too_many_channels(model: Path) -> None:
    with pytest.raises(ValueError, match="up to 48 channels"):
        DeepDenoise(model=model)(np.zeros((49, 1000), np.float32), 16000)
    assert DeepDenoise(model=model, strength=0)(np.ones((48, 1000), np.float32), 16000).all()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"strength": 101}, ValueError, "strength must be a number from 0 to 100 %, not 101"),
        ({"strength": float("nan")}, ValueError, "strength must be a number"),
        ({"strength": "80"}, TypeError, "strength must be a number"),
        ({"strength": True}, TypeError, "strength must be a number"),
        ({"reduction_limit_db": -1}, ValueError, "from 0 to 100 dB, not -1"),
        ({"reduction_limit_db": None}, TypeError, "from 0 to 100 dB, not None"),
        ({"stereo_link": 1}, TypeError, "stereo_link must be True or False, not 1"),
        ({"listen": "both"}, ValueError, "listen must be 'result' or 'removed', not 'both'"),
        ({"model": "no-such-model"}, FileNotFoundError, "no model 'no-such-model'"),
        ({"model": "missing/model.ddn"}, FileNotFoundError, "no model 'missing/model.ddn'"),
    ],
)
def test_bad_arguments(
    fullband_model: Path, arguments: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        DeepDenoise(**{"model": fullband_model, **arguments})  # type: ignore[arg-type]


def test_bad_model_files(model: Path, tmp_path: Path) -> None:
    good = modelfile.pack(model)
    file = tmp_path / "bad.ddn"
    for data in (b"", b"text", good[:-1], good[:100] + bytes([good[100] ^ 1]) + good[101:], good + b"x"):
        file.write_bytes(data)
        with pytest.raises(ValueError, match=r"bad\.ddn"):
            DeepDenoise(model=file)
    with pytest.raises((ValueError, FileNotFoundError), match="empty"):
        (tmp_path / "empty").mkdir()
        DeepDenoise(model=tmp_path / "empty")
    DeepDenoise(model=model)


def test_a_pickled_effect_with_a_model_of_another_format_says_so(fullband_model: Path) -> None:
    effect = DeepDenoise(model=fullband_model)
    restore, (cls, state) = effect.__reduce__()[:2]
    known = preset.unpack_preset(state)
    assert isinstance(known.model, bytes)
    other = known._replace(model=known.model[:8] + b"\x01" + known.model[9:])
    with pytest.raises(ValueError, match="the model in this effect's state is not usable: .*version is 1"):
        restore(cls, preset.pack_preset(other, preset.class_id(bundle_path())))
