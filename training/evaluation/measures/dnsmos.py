"""DNSMOS P.835, listeners' marks for speech, background and both (Reddy et al. 2022); it needs no clean signal."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from training.audio import Audio
from training.packages import folder, onnx_session

RATE = 16000
"""Hz."""
SECONDS = 9.01


def dnsmos(audio: Audio) -> dict[str, float]:
    """Return DNSMOS P.835 of a 16 kHz signal: mean over its first and last 9 s; a shorter one is repeated.

    Parameters
    ----------
    audio : (samples,)

    Returns
    -------
    dict of str to float
        "SIG", "BAK", "OVRL", 1 to 5; empty if ``speechmos`` is not installed.
    """
    session = _session()
    if session is None:
        return {}
    size = int(SECONDS * RATE)
    repeated = np.tile(audio, -(-size // len(audio)))
    windows = [repeated[:size]] if len(audio) <= size else [audio[:size], audio[-size:]]
    raw = [session.run(None, {"input_1": window[None].astype(np.float32)})[0][0] for window in windows]
    # The polynomials are those of the DNS challenge's own script, from raw output to mean opinion score.
    polynomials = {
        "SIG": [-0.08397278, 1.22083953, 0.0052439],
        "BAK": [-0.13166888, 1.60915514, -0.39604546],
        "OVRL": [-0.06766283, 1.11546468, 0.04602535],
    }
    return {
        name: float(np.mean([np.polyval(polynomial, values[i]) for values in raw]))
        for i, (name, polynomial) in enumerate(polynomials.items())
    }


@functools.cache
def _session() -> Any:
    # Only the network file is taken from the package, whose code needs a SciPy of long ago.
    package = folder("speechmos")
    if package is None or folder("onnxruntime") is None:
        return None
    return onnx_session(package / "dnsmos_models" / "sig_bak_ovr.onnx")
