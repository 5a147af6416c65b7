"""Which arrays are taken, by `denoise`, by a stream and by an effect outside a board."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sounds import speechlike

from speechenh_plugin import DeepDenoise, Stream, denoise

Taker = Callable[[object], np.ndarray]


@pytest.fixture(params=["denoise", "effect"])
def take(request: pytest.FixtureRequest, fullband_model: Path) -> Taker:
    """Each way to denoise a whole array at 16 kHz."""
    if request.param == "denoise":
        return lambda audio: denoise(audio, 16000, model=fullband_model)  # type: ignore[arg-type]
    effect = DeepDenoise(model=fullband_model)
    return lambda audio: effect(audio, 16000)  # type: ignore[arg-type]


def as_read(audio: np.ndarray, subtype: str, dtype: str) -> np.ndarray:
    """What soundfile reads, of shape (samples, channels)."""
    file = io.BytesIO()
    soundfile.write(file, audio.T, 16000, format="WAV", subtype=subtype)
    file.seek(0)
    return soundfile.read(file, dtype=dtype, always_2d=True)[0]


# --- layouts


def test_shapes_of_other_libraries(take: Taker) -> None:
    audio = speechlike(0.3, 16000, 2)
    expected = take(audio)
    assert expected.shape == audio.shape
    np.testing.assert_array_equal(take(np.ascontiguousarray(audio.T)), expected.T)  # soundfile
    np.testing.assert_array_equal(take(audio.T), expected.T)
    mono = take(audio[0])
    assert mono.shape == audio[0].shape  # librosa
    np.testing.assert_array_equal(take(audio[:1]), mono[None])  # torchaudio
    np.testing.assert_array_equal(take(audio[:1].T), mono[:, None])  # soundfile, always_2d


@pytest.mark.parametrize("shape", [(0,), (1,), (1, 0), (2, 0), (2, 1), (1, 1), (0, 100)])
def test_tiny_arrays(take: Taker, shape: tuple[int, ...]) -> None:
    output = take(np.full(shape, 0.1, np.float32))
    assert output.shape == shape and output.dtype == np.float32


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 2), "does not tell samples from channels"),
        ((49, 1000), "up to 48 channels, not 49"),
        ((), "must be .samples,.*give an array of samples"),
        ((8, 1, 1000), r"the shape \(8, 1, 1000\).*one by one"),
    ],
)
def test_shapes_that_say_nothing(shape: tuple[int, ...], message: str, fullband_model: Path) -> None:
    with pytest.raises(ValueError, match=message):
        denoise(np.zeros(shape, np.float32), 16000, model=fullband_model)


def test_a_stream_is_told_the_channels(fullband_model: Path) -> None:
    assert Stream(16000, 64, strength=0, model=fullband_model).process(np.ones((64, 600))).all()


# --- types


@pytest.mark.parametrize("dtype", [np.float64, np.float32, ">f4", ">f8", np.float16, np.longdouble])
def test_floats(take: Taker, dtype: object) -> None:
    audio = speechlike(0.2, 16000, 2).astype(dtype)  # type: ignore[call-overload]
    audio.flags.writeable = False
    np.testing.assert_array_equal(take(audio), take(audio.astype(np.float32)))


def test_lists_and_strides(take: Taker) -> None:
    audio = speechlike(0.1, 16000, 2)
    np.testing.assert_array_equal(take(audio.tolist()), take(audio))
    np.testing.assert_array_equal(take(audio[:, ::2]), take(audio[:, ::2].copy()))


@pytest.mark.parametrize(
    ("subtype", "dtype"), [("PCM_16", "int16"), ("PCM_24", "int32"), ("PCM_32", "int32"), ("PCM_16", ">i2")]
)
def test_integers_have_the_full_scale_of_wav_files(take: Taker, subtype: str, dtype: str) -> None:
    audio = speechlike(0.2, 16000, 2)
    integers = as_read(audio, subtype, "int16" if dtype == ">i2" else dtype).astype(dtype)
    np.testing.assert_array_equal(take(integers), take(as_read(audio, subtype, "float32")))


def test_bytes_of_8_bit_wav_files(take: Taker) -> None:
    audio = speechlike(0.2, 16000)
    expected = as_read(audio, "PCM_U8", "float32")
    np.testing.assert_array_equal(take((expected * 128 + 128).astype(np.uint8)), take(expected))


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint16, np.complex64, bool])
def test_numbers_without_a_full_scale(take: Taker, dtype: type) -> None:
    with pytest.raises(TypeError, match=rf"not {np.dtype(dtype).name}; convert it first"):
        take(np.zeros(1000, dtype))


@pytest.mark.parametrize(
    "thing", ["speech.wav", None, {"array": [0.0]}, [[0.0, 0.0], [0.0]], ["a", "b"], Path("speech.wav"), b"RIFF"]
)
def test_things_that_are_no_arrays(take: Taker, thing: object) -> None:
    with pytest.raises(TypeError, match="audio must be an array of numbers, not a .*; give floats"):
        take(thing)


def test_samples_that_are_no_numbers_count_as_silence(take: Taker) -> None:
    audio = speechlike(0.2, 16000)
    muted, spoilt = audio.copy(), audio.copy()
    muted[:, 500:600] = 0
    spoilt[:, 500:550], spoilt[:, 550:600] = np.nan, -np.inf
    np.testing.assert_array_equal(take(spoilt), take(muted))


# --- tensors


def test_torch(take: Taker) -> None:
    torch = pytest.importorskip("torch")
    audio = speechlike(0.2, 16000, 2)
    expected = take(audio)
    assert isinstance(expected, np.ndarray)
    np.testing.assert_array_equal(take(torch.from_numpy(audio)), expected)
    np.testing.assert_array_equal(take(torch.from_numpy(audio).requires_grad_()), expected)
    np.testing.assert_array_equal(take(torch.from_numpy(audio).T), expected.T)
    integers = (audio * 32767).astype(np.int16)
    np.testing.assert_array_equal(take(torch.from_numpy(integers)), take(integers))
    rounded = torch.from_numpy(audio).to(torch.bfloat16)
    np.testing.assert_array_equal(take(rounded), take(rounded.float()))
    with pytest.raises(ValueError, match="one by one"):
        take(torch.zeros(4, 1, 16000))


def test_bfloat16_of_other_frameworks(take: Taker) -> None:
    rounded = speechlike(0.2, 16000, 2).astype(pytest.importorskip("ml_dtypes").bfloat16)
    np.testing.assert_array_equal(take(rounded), take(rounded.astype(np.float32)))


def test_jax(take: Taker) -> None:
    jax = pytest.importorskip("jax.numpy")
    audio = speechlike(0.2, 16000, 2)
    np.testing.assert_array_equal(take(jax.asarray(audio)), take(audio))
