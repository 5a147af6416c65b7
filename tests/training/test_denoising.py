"""What a step of training computes."""

import pytest
from sounds import speechlike

tf = pytest.importorskip("tensorflow")
import tiny_training  # noqa: E402

from training.fit.denoising import Denoising  # noqa: E402
from training.network.features import front_end  # noqa: E402
from training.network.front_end import fullband  # noqa: E402
from training.network.keras_build import build  # noqa: E402
from training.objective.compressed import compressed_complex  # noqa: E402
from training.objective.losses import objective  # noqa: E402


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
