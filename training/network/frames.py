"""The grid of frames: windows of four hops of about 8 ms."""

from __future__ import annotations

from speechenh_plugin import constants

HOP_SECONDS = constants.HOP_SECONDS
HOPS_A_WINDOW = constants.HOPS_IN_WINDOW
SMALL_PRIMES = (2, 3, 5, 7, 11)


def hop_length(rate: float) -> int:
    """Return the hop in samples: the whole number nearest 8 ms without prime factors above 11.

    Of two as near, it is the lower.

    Examples
    --------
    >>> [hop_length(rate) for rate in (8000, 22050, 44100, 48000)]
    [64, 176, 352, 384]
    """
    exact = rate * HOP_SECONDS
    candidates = range(max(1, int(exact * 0.8)), int(exact * 1.25) + 2)
    return min((n for n in candidates if _smooth(n)), key=lambda n: (abs(n - exact), n))


def _smooth(n: int) -> bool:
    for prime in SMALL_PRIMES:
        while n % prime == 0:
            n //= prime
    return n == 1
