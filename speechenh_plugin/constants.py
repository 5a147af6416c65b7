"""Numbers that Python and the engine share.

The build runs this file, ``python constants.py FILE.h``, which writes them as a C++ header.
"""

from __future__ import annotations

import sys
from pathlib import Path

NARROWBAND_BINS = 129
"""Bins of the narrowband front end, 0 to 4 kHz."""

HOP_SECONDS = 0.008
"""Time from one frame to the next, s; the hop in samples is the nearest number whose prime factors are at most 11."""

HOPS_IN_WINDOW = 4
"""Length of the analysis window, hops."""

COMB_BINS = 128
"""Bins that a comb filter acts on: below 4 kHz, there at every rate."""

PITCH_LOWEST_BIN = 2
PITCH_HIGHEST_BIN = 47
"""Bins whose powers tell a voice's pitch, 62.5 to 1469 Hz."""

LAG_RATE = 16000
SHORTEST_LAG = 40
LONGEST_LAG = 229
"""Lags of the autocorrelation in samples at `LAG_RATE`; a voice's period is one between these: 395 to 70 Hz."""

HOPS_IN_PERIOD = 2
"""The longest period in hops, rounded up."""

OCTAVE_COST = 0.08
"""What a period of twice the length must gain in autocorrelation: every multiple of a period is one, too."""

UNVOICED = 0.6
VOICED = 0.9
"""Autocorrelations at the period up to which a frame counts as no voice, and from which as nothing else."""

PITCH_KEEP = 0.5
"""Share of the powers so far that stays from frame to frame."""

LEAST_PITCH_POWER = 1e-18
"""Power that is added to a frame's, which may be silent; full scale being 1."""

LEAST_BEND = 1e-6
"""Least bend of the autocorrelation at its highest lag."""

LEAKY_RELU_ALPHA = 0.2
"""Slope of a leaky ReLU below zero where a graph gives none."""

MIN_SAMPLE_RATE = 8000
MAX_SAMPLE_RATE = 192000
"""Lowest and highest sample rate, Hz."""


def header() -> str:
    """Return the constants as a C++ header."""
    lines = [
        "// Written by speechenh_plugin/constants.py.",
        "#pragma once",
        "",
        "namespace deepdenoise {",
        "",
        f"inline constexpr int kNarrowbandBins = {NARROWBAND_BINS};",
        f"inline constexpr double kHopSeconds = {HOP_SECONDS};",
        f"inline constexpr int kHopsInWindow = {HOPS_IN_WINDOW};",
        f"inline constexpr int kCombBins = {COMB_BINS};",
        f"inline constexpr int kPitchLowestBin = {PITCH_LOWEST_BIN};",
        f"inline constexpr int kPitchHighestBin = {PITCH_HIGHEST_BIN};",
        f"inline constexpr int kLagRate = {LAG_RATE}; // Hz",
        f"inline constexpr int kShortestLag = {SHORTEST_LAG};",
        f"inline constexpr int kLongestLag = {LONGEST_LAG};",
        f"inline constexpr int kHopsInPeriod = {HOPS_IN_PERIOD};",
        f"inline constexpr float kOctaveCost = {OCTAVE_COST}f;",
        f"inline constexpr float kUnvoiced = {UNVOICED}f;",
        f"inline constexpr float kVoiced = {VOICED}f;",
        f"inline constexpr float kPitchKeep = {PITCH_KEEP}f;",
        f"inline constexpr float kLeastPitchPower = {LEAST_PITCH_POWER}f;",
        f"inline constexpr float kLeastBend = {LEAST_BEND}f;",
        f"inline constexpr float kLeakyReluAlpha = {LEAKY_RELU_ALPHA}f;",
        f"inline constexpr double kMinSampleRate = {MIN_SAMPLE_RATE}; // Hz",
        f"inline constexpr double kMaxSampleRate = {MAX_SAMPLE_RATE}; // Hz",
        "",
        "} // namespace deepdenoise",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python constants.py FILE.h")
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(header(), encoding="utf-8")
