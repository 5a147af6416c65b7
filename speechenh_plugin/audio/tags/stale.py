"""Tags that the old audio was measured for: gains and loudness; and those that an encoder writes of itself."""

import re

_STALE = re.compile(
    r"replay.?gain|r128|itunnorm|itunsmpb|(^|:)(rva|rva2|rvad|xrva|xrv|rgad)\b|mp3.?gain|loudness|true.?peak|"
    r"(^|:|/)(peakvalue|averagelevel)$|waveformatextensible_channel_mask|^encode|^tsse|^enco$|^©too$",
    re.IGNORECASE,
)


def is_stale(name: str) -> bool:
    """Tell whether a tag of this name does not hold for new audio.

    Examples
    --------
    >>> is_stale("TXXX:REPLAYGAIN_TRACK_GAIN"), is_stale("COMM:iTunNORM:eng"), is_stale("title")
    (True, True, False)
    """
    return _STALE.search(name) is not None
