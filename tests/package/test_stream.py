"""`Stream` and `denoise`: the effect without a board."""

import copy
import pickle
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from pedalboard import Pedalboard
from sounds import speechlike

from speechenh_plugin import DeepDenoise, Stream, denoise, models

RATES = [8000, 11025, 16000, 22050, 44100, 48000, 96000]
SETTINGS = [
    {},
    {"strength": 77.7, "reduction_limit_db": 33.3, "stereo_link": False},
    {"listen": "removed", "reduction_limit_db": 100},
]


def cut(audio: np.ndarray, blocks: list[int]) -> list[np.ndarray]:
    parts, start = [], 0
    while start < audio.shape[1]:
        block = blocks[len(parts) % len(blocks)]
        parts.append(audio[:, start : start + block])
        start += block
    return parts


# --- the same samples as in a board


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("rate", RATES)
def test_denoise_is_the_effect_bit_for_bit(model: Path, rate: int, channels: int, settings: dict[str, object]) -> None:
    audio = speechlike(0.5, rate, channels)
    board = Pedalboard([DeepDenoise(model=model, **settings)])  # type: ignore[arg-type]
    np.testing.assert_array_equal(denoise(audio, rate, model=model, **settings), board(audio, rate))  # type: ignore[arg-type]


@pytest.mark.parametrize("model_info", models(), ids=lambda model: model.name)
def test_bundled_models_too(model_info: object) -> None:
    name = model_info.name  # type: ignore[attr-defined]
    audio = speechlike(1, 48000, 2)
    np.testing.assert_array_equal(denoise(audio, 48000, model=name), DeepDenoise(model=name)(audio, 48000))


@pytest.mark.skipif(not models(), reason="no model is bundled")
def test_the_default_model_is_the_effects() -> None:
    assert Stream(16000).model == DeepDenoise().model


# --- blocks


@pytest.mark.parametrize("blocks", [[1], [7], [64], [480], [8192], [100000], [10, 50, 0, 3000, 1, 6000]], ids=str)
@pytest.mark.parametrize("channels", [1, 2])
def test_blocks_give_what_the_whole_gives(model: Path, channels: int, blocks: list[int]) -> None:
    audio = speechlike(0.5, 16000, channels)
    stream = Stream(16000, channels, model=model)
    given, got, parts = 0, 0, []
    for block in cut(audio, blocks):
        parts.append(stream.process(block))
        given += block.shape[1]
        got += parts[-1].shape[1]
        assert got == max(0, given - stream.latency)
    parts.append(stream.flush())
    assert parts[-1].shape[1] == stream.latency
    np.testing.assert_allclose(np.concatenate(parts, axis=1), denoise(audio, 16000, model=model), atol=1e-6)


@pytest.mark.parametrize("samples", [0, 1, 100, 511, 512, 513])
def test_as_many_samples_come_out_as_went_in(model: Path, samples: int) -> None:
    audio = speechlike(0.1, 16000, 2)[:, :samples]
    stream = Stream(16000, 2, strength=0, model=model)
    assert stream.latency == 512
    out = np.concatenate([stream.process(audio), stream.flush()], axis=1)
    np.testing.assert_array_equal(out, audio)


def test_flush_and_reset_begin_anew(model: Path) -> None:
    audio = speechlike(0.5, 16000)
    stream = Stream(16000, model=model)
    first = np.concatenate([stream.process(audio), stream.flush()], axis=1)
    np.testing.assert_array_equal(np.concatenate([stream.process(audio), stream.flush()], axis=1), first)
    stream.process(speechlike(0.5, 16000, seed=1))
    stream.reset()
    np.testing.assert_array_equal(np.concatenate([stream.process(audio), stream.flush()], axis=1), first)
    assert stream.flush().shape == (1, 0)


def test_layouts_of_blocks(model: Path) -> None:
    audio = speechlike(0.2, 16000, 2)
    expected = denoise(audio, 16000, model=model)
    stream = Stream(16000, 2, model=model)
    turned = [stream.process(block.T) for block in cut(audio, [1000, 2, 500])]
    rest = stream.flush()
    assert rest.shape == (512, 2)
    np.testing.assert_allclose(np.concatenate([*turned, rest]), expected.T, atol=1e-6)
    parts = [stream.process(audio[:, :2]), stream.process(audio[:, 2:]), stream.flush()]  # as (channels, samples)
    assert parts[0].shape == (0, 2)  # the stream has heard (samples, channels) so far
    fresh = Stream(16000, 2, model=model)
    parts = [fresh.process(audio[:, :2]), fresh.process(audio[:, 2:]), fresh.flush()]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), expected, atol=1e-6)
    mono = Stream(16000, model=model)
    flat = np.concatenate([mono.process(audio[0]), mono.flush()])
    np.testing.assert_allclose(flat, denoise(audio[0], 16000, model=model), atol=1e-6)


@pytest.mark.parametrize(("channels", "shape"), [(2, (100,)), (2, (3, 100)), (1, (2, 100)), (3, (2, 2))])
def test_blocks_of_other_shapes(model: Path, channels: int, shape: tuple[int, ...]) -> None:
    stream = Stream(16000, channels, model=model)
    with pytest.raises(ValueError, match=rf"it must be \({channels}, samples\) or \(samples, {channels}\)"):
        stream.process(np.zeros(shape))


# --- controls


def test_controls_change_between_blocks(model: Path) -> None:
    audio = speechlike(1, 16000)
    stream, effect = Stream(16000, model=model), DeepDenoise(model=model)
    effect(audio[:, :0], 16000)
    heard, expected = [], []
    for block, settings in zip(cut(audio, [4000]), [SETTINGS[0], *SETTINGS], strict=True):
        for name, value in settings.items():
            setattr(stream, name, value)
            setattr(effect, name, value)
        heard.append(stream.process(block))
        expected.append(effect(block, 16000, reset=False))
    np.testing.assert_array_equal(np.concatenate(heard, axis=1), np.concatenate(expected, axis=1))
    assert repr(stream) == (
        f"<Stream model={stream.model!r} sample_rate=16000 channels=1 strength=77.7 % reduction_limit_db=off "
        "stereo_link=False listen='removed'>"
    )


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"strength": 101}, ValueError, "strength must be a number from 0 to 100 %, not 101"),
        ({"reduction_limit_db": None}, TypeError, "from 0 to 100 dB, not None"),
        ({"stereo_link": 1}, TypeError, "stereo_link must be True or False, not 1"),
        ({"listen": "both"}, ValueError, "listen must be 'result' or 'removed', not 'both'"),
        ({"model": "no-such-model"}, FileNotFoundError, "no model 'no-such-model'"),
        ({"sample_rate": 7999}, ValueError, "sample_rate must be from 8000 to 192000 Hz, not 7999"),
        ({"sample_rate": float("nan")}, ValueError, "sample_rate must be from 8000 to 192000 Hz, not nan"),
        ({"sample_rate": "16000"}, TypeError, "sample_rate must be from 8000 to 192000 Hz, a number, not '16000'"),
        ({"model": ""}, ValueError, "the model's name is empty; give a path, or one of the bundled: .*fullband"),
        ({"model": ["fullband"]}, TypeError, "list"),
        ({"channels": 0}, ValueError, "channels must be a whole number of 1 or more, not 0"),
        ({"channels": 1.5}, TypeError, "channels must be a whole number of 1 or more, not 1.5"),
    ],
)
def test_bad_arguments(
    fullband_model: Path, arguments: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Stream(**{"sample_rate": 16000, "model": fullband_model, **arguments})  # type: ignore[arg-type]


def test_names_and_rates_of_other_types(fullband_model: Path) -> None:
    assert Stream(np.array(16000), model=Path("fullband")).model == "fullband"  # type: ignore[arg-type]
    assert Stream(16000, model=str(fullband_model)).sample_rate == 16000


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_stream_stays_where_it_is(model: Path, duplicate: object) -> None:
    with pytest.raises(TypeError, match="cannot be copied or pickled; make one where it is used"):
        duplicate(Stream(16000, model=model))  # type: ignore[operator]


def test_unknown_attributes(model: Path) -> None:
    stream = Stream(16000, model=model)
    with pytest.raises(AttributeError, match="Stream has no control 'strenght'; did you mean 'strength'?"):
        stream.strenght = 3  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"no control 'bypass'; its controls are strength, .*, listen$"):
        stream.bypass = True  # type: ignore[attr-defined]
    for name in ("latency", "model", "sample_rate", "channels"):
        with pytest.raises(AttributeError):
            setattr(stream, name, 1)


# --- threads


def test_a_pool_gives_what_each_gives_alone() -> None:
    audios = [speechlike(0.3, 16000, 1 + seed % 2, seed) for seed in range(64)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda audio: denoise(audio, 16000), audios))
    for audio, output in zip(audios, together, strict=True):
        np.testing.assert_array_equal(output, denoise(audio, 16000))


def test_one_stream_serves_one_call_at_a_time(model: Path) -> None:
    """Two threads that share a stream take turns: every sample is heard once."""
    stream = Stream(16000, strength=0, model=model)
    blocks = [np.full((1, 500), value / 64, np.float32) for value in range(1, 65)]
    with ThreadPoolExecutor(4) as pool:
        parts = [*pool.map(stream.process, blocks), stream.flush()]
    values, counts = np.unique(np.concatenate(parts, axis=1), return_counts=True)
    assert values.tolist() == [value / 64 for value in range(1, 65)] and set(counts.tolist()) == {500}


def test_streaming_holds_no_gil(model: Path) -> None:
    """Python goes on while a long array is processed."""
    audio = speechlike(20, 48000, 2)
    steps, before = 0, sys.getswitchinterval()
    # Only if the other thread lets go of the GIL by itself does this one ever run.
    sys.setswitchinterval(1000)
    try:
        with ThreadPoolExecutor(1) as pool:
            processing = pool.submit(denoise, audio, 48000, model=model)
            while not processing.done():
                steps += 1
                time.sleep(0)
    finally:
        sys.setswitchinterval(before)
    assert processing.result().shape == audio.shape
    assert steps > 100
