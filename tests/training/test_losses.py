"""What training minimises."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sounds import speechlike, syllables

tf = pytest.importorskip("tensorflow")
from training.network.features import Stft, front_end, power  # noqa: E402
from training.network.front_end import fullband, narrowband  # noqa: E402
from training.objective.answer import Answer  # noqa: E402
from training.objective.losses import LOSSES, Term, load, objective, terms_of  # noqa: E402
from training.objective.si_sdr import si_sdr  # noqa: E402
from training.objective.stoi import stoi  # noqa: E402

ROOT = Path(__file__).parents[2]
OPINIONS = {"low_opinion", "lost_opinion"}
FULLBAND = sorted(LOSSES.keys() - {"standardised_mse"})
ON_BANDS = ("compressed_magnitude", "compressed_complex", "over_suppression")


def answer(noise: float, declaration: dict | None = None, **more: object) -> Answer:
    """The right answer to a clean signal, or one with some noise on its gains."""
    ends = front_end(declaration or fullband(), 16000)
    spectra = ends.stft(speechlike(0.5, 16000))
    gains = 1 - noise * tf.random.stateless_uniform((*spectra.shape[:2], 129, 1), (1, 2))
    return Answer(ends, spectra, spectra, {"gains": gains}, **more)  # type: ignore[arg-type]


# -- names and sums


def test_names_are_known_without_keras() -> None:
    code = "import sys; from training.objective.losses import LOSSES, terms_of; terms_of({'compressed_complex': 1.0}); "
    code += "assert not {'keras', 'tensorflow', 'jax', 'torch'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


def test_every_name_has_its_function() -> None:
    for name in LOSSES:
        assert load(name).__name__ == name


def test_a_recipe_gives_a_weight_or_a_table() -> None:
    given = {"compressed_magnitude": 0.7, "lost_opinion": {"weight": 0.15, "every": 4}}
    assert terms_of(given) == (Term("compressed_magnitude", 0.7), Term("lost_opinion", 0.15, 4))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "no loss is chosen"),
        ({"nothing": 1.0}, "there is no loss 'nothing'; there are"),
        ({"disturbance": -1.0}, "the weight of the loss 'disturbance' is -1.0"),
        ({"disturbance": {"weight": 1.0, "every": 0}}, "has every = 0; it must be a whole number from 1 on"),
        ({"disturbance": {"weight": 1.0, "each": 2}}, "has weight, each; give it weight, and every"),
    ],
)
def test_what_is_wrong_with_a_recipes_losses_is_said(given: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        objective(given)


def test_an_objective_is_the_weighted_sum() -> None:
    terms = {"compressed_magnitude": 0.7, "negative_si_sdr": 0.1}
    wanted = sum(weight * float(load(name)(answer(0.3))) for name, weight in terms.items())
    assert float(objective(terms)(answer(0.3))) == pytest.approx(wanted, rel=1e-5)


def test_a_term_of_some_steps_counts_so_many_times_there_and_else_not() -> None:
    loss = objective({"over_suppression": {"weight": 0.5, "every": 3}})
    plain = 0.5 * float(load("over_suppression")(answer(0.3)))
    at_step = tf.function(lambda step: loss(answer(0.3, step=step)))
    values = [float(at_step(tf.constant(step))) for step in range(4)]
    assert values == pytest.approx([3 * plain, 0, 0, 3 * plain], rel=1e-5)
    assert float(loss(answer(0.3))) == pytest.approx(plain, rel=1e-5)


# -- all losses


@pytest.mark.parametrize("name", sorted(set(FULLBAND) - OPINIONS))
@pytest.mark.parametrize("bands_above_hz", [None, 5000.0])
def test_losses_grow_with_the_error(name: str, bands_above_hz: float | None) -> None:
    # Loud sound masks a small error, as PESQ has it.
    noises = (0.0, 0.4, 0.8) if name == "disturbance" else (0.0, 0.1, 0.3)
    values = [float(load(name)(answer(noise, bands_above_hz=bands_above_hz))) for noise in noises]
    assert values[0] < values[1] < values[2]


@pytest.mark.parametrize("bandwidth", [3800.0, 6100.0])
@pytest.mark.parametrize("bands_above_hz", [None, 3000.0])
def test_no_loss_hears_what_is_above_the_bandwidth(bandwidth: float, bands_above_hz: float | None) -> None:
    ends = front_end(fullband(), 16000)
    clean = ends.stft(speechlike(1.0, 16000))
    random = tf.random.stateless_uniform((*clean.shape[:2], 129, 1), (1, 2))
    above = (np.asarray(fullband()["centers"]) > bandwidth + 300)[:, None]
    names = FULLBAND if bands_above_hz is None else ON_BANDS
    values = []
    for gains in (random, tf.where(above, 3 * random, random)):
        settings = {"bandwidth_hz": tf.constant([bandwidth]), "bands_above_hz": bands_above_hz}
        judged = Answer(ends, clean, clean, {"gains": gains}, **settings)
        values.append({name: float(load(name)(judged)) for name in names})
    assert values[1] == pytest.approx(values[0], rel=1e-5)


def test_what_is_above_the_bandwidth_does_not_count() -> None:
    ends = front_end(fullband(), 16000)
    noisy = ends.stft(speechlike(0.5, 16000))
    clean = tf.where(ends.stft.frequencies > 4000, tf.zeros_like(noisy), noisy)
    outputs = {"gains": tf.ones((*noisy.shape[:2], 129, 1))}
    for bandwidth, exact in ((None, False), (tf.constant([4000.0]), True)):
        judged = Answer(ends, noisy, clean, outputs, 0, bandwidth)
        assert (load("compressed_magnitude")(judged) < 1e-9) == exact
        assert (load("negative_si_sdr")(judged) < -2.9) == exact


@pytest.mark.parametrize("name", FULLBAND)
def test_slopes_are_finite_at_silence(name: str) -> None:
    ends = front_end(fullband(), 8000)
    silence = ends.stft(np.zeros((1, 4000), np.float32))
    gains = tf.Variable(tf.ones((*silence.shape[:2], 129, 1)))
    for bands_above_hz in (None, 2000.0) if name in ON_BANDS else (None,):
        with tf.GradientTape() as tape:
            value = load(name)(Answer(ends, silence, silence, {"gains": gains}, bands_above_hz=bands_above_hz))
        assert np.isfinite(value)
        assert np.isfinite(tf.convert_to_tensor(tape.gradient(value, gains))).all()


# -- frames that count


def test_context_does_not_count() -> None:
    ends = front_end(fullband(), 16000)
    noisy = ends.stft(speechlike(0.5, 16000))
    gains = np.ones((*noisy.shape[:2], 129, 1), np.float32)
    gains[:, :5] = 0
    for context, exact in ((4, False), (5, True)):
        value = load("compressed_complex")(Answer(ends, noisy, noisy, {"gains": tf.constant(gains)}, context))
        assert (value < 1e-9) == exact


# -- each of them


def test_standardised_mse_is_the_reference_loss() -> None:
    ends = front_end(narrowband(), 8000)
    noisy, clean = (ends.stft(speechlike(0.5, 8000, seed=seed)) for seed in (0, 1))
    magnitude = np.abs(noisy)
    mean, deviation = magnitude.mean(-1, keepdims=True), magnitude.std(-1, keepdims=True)
    wanted = np.mean(((np.abs(clean) - mean) / deviation) ** 2)
    outputs = {"magnitude": tf.zeros((*noisy.shape, 1))}
    np.testing.assert_allclose(load("standardised_mse")(Answer(ends, noisy, clean, outputs)), wanted, rtol=1e-4)


def test_standardised_mse_needs_a_narrowband_network() -> None:
    with pytest.raises(ValueError, match="narrowband"):
        load("standardised_mse")(answer(0.1))


def test_over_suppression_counts_only_what_is_too_quiet() -> None:
    ends = front_end(fullband(), 16000)
    clean = ends.stft(speechlike(0.5, 16000))
    values = {
        gain: float(load("over_suppression")(Answer(ends, clean, clean, {"gains": tf.fill((1, 62, 129, 1), gain)})))
        for gain in (0.5, 1.0, 2.0)
    }
    assert values[2.0] == values[1.0] == 0
    compressed = np.abs(np.asarray(clean)) ** 0.3
    assert values[0.5] == pytest.approx(np.mean(((1 - 0.5**0.3) * compressed) ** 2), rel=1e-3)


def test_on_bands_a_gain_of_whole_bands_costs_what_it_costs_on_bins_of_even_power() -> None:
    ends = front_end(fullband(), 48000)
    phases = np.random.default_rng(0).uniform(0, 2 * np.pi, (1, 20, ends.stft.bins))
    clean = tf.constant((0.01 * np.exp(1j * phases)).astype(np.complex64))
    gains = tf.fill((1, 20, 129, 1), 0.3)
    for name in ON_BANDS:
        on_bins, on_bands = (
            float(load(name)(Answer(ends, clean, clean, {"gains": gains}, bands_above_hz=hz))) for hz in (None, 5000.0)
        )
        assert on_bands == pytest.approx(on_bins, rel=1e-3), name


def test_si_sdr_of_a_known_ratio() -> None:
    random = np.random.default_rng(0)
    clean, noise = random.standard_normal((2, 1, 160000)).astype(np.float32)
    value = float(si_sdr(tf.constant(3 * clean + 0.3 * noise), tf.constant(clean))[0])
    assert value == pytest.approx(20, abs=0.6)  # it bends towards its limit of 30 dB


def test_log_spectral_counts_decibels_below_the_bandwidth_where_somebody_speaks() -> None:
    ends = front_end(fullband(), 16000)
    samples = speechlike(1, 16000)
    samples[:, 8000:] = 0
    # Noise everywhere keeps every band far above the floor.
    samples[:, :8000] += 0.1 * np.random.default_rng(0).standard_normal((1, 8000)).astype(np.float32)
    clean = ends.stft(samples)
    levels = np.where(ends.stft.frequencies < 4000, 0.5, 0.1).astype(np.float32)
    for bandwidth, wanted in ((3500.0, 0.602), (8000.0, None)):
        outputs = {"gains": tf.ones((*clean.shape[:2], 129, 1))}
        judged = Answer(ends, clean, clean, outputs, 0, tf.constant([bandwidth]))
        judged.estimate = clean * levels
        value = float(load("log_spectral")(judged))
        assert value == pytest.approx(wanted, abs=0.02) if wanted else 0.65 < value < 2


@pytest.mark.parametrize("rate", [8000, 16000])
def test_stoi_is_that_of_the_reference(rate: int) -> None:
    pystoi = pytest.importorskip("pystoi")
    clean = speechlike(4, rate)[0]
    clean[rate : rate + rate // 2] = 0  # a pause, which must not count
    noise = np.random.default_rng(1).standard_normal(clean.shape).astype(np.float32) * clean.std()
    stft = Stft(rate)
    powers = power(stft(clean[None]))
    for gain in (0.1, 0.5, 2.0):
        noisy = power(stft((clean + gain * noise)[None]))
        value = float(stoi(noisy, powers, stft)[0])
        assert value == pytest.approx(pystoi.stoi(clean, clean + gain * noise, rate), abs=0.04)
    assert float(stoi(powers, powers, stft)[0]) == pytest.approx(1, abs=1e-4)
    assert float(stoi(powers[:, :40], powers[:, :40], stft)[0]) == 1


def test_slope_of_stoi_is_finite_where_one_of_two_is_silent() -> None:
    stft = Stft(16000)
    clean = np.concatenate([speechlike(1, 16000), np.zeros((1, 16000), np.float32)])
    estimate = tf.Variable(np.ascontiguousarray(clean[::-1]))
    with tf.GradientTape() as tape:
        value = stoi(power(stft(estimate)), power(stft(clean)), stft)
    assert np.isfinite(value).all()
    assert np.isfinite(tf.convert_to_tensor(tape.gradient(value, estimate))).all()


@pytest.mark.parametrize("name", sorted(OPINIONS))
def test_opinion_is_low_of_noise_and_counts_only_where_somebody_speaks(name: str) -> None:
    ends = front_end(fullband(), 16000)
    clean = syllables(16000)
    noisy = clean + np.float32(0.03) * np.random.default_rng(0).standard_normal(len(clean)).astype(np.float32)

    def loss(*pairs: tuple[np.ndarray, np.ndarray]) -> float:
        spectra = [ends.stft(np.stack(signals)) for signals in zip(*pairs, strict=True)]
        gains = tf.ones((*spectra[0].shape[:2], 129, 1))
        return float(load(name)(Answer(ends, *spectra, {"gains": gains})))

    assert loss((clean, clean)) < loss((noisy, clean)) - 0.2
    if name == "low_opinion":
        assert loss((clean, noisy)) == loss((clean, clean)) > 1
    else:
        assert loss((clean, clean)) == loss((clean, noisy)) == 0
    assert loss((noisy, clean), (noisy - clean, 0 * clean)) == pytest.approx(loss((noisy, clean)), abs=1e-3)
    assert loss((noisy - clean, 0 * clean)) == 0
