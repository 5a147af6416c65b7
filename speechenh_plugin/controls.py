"""The controls of the effect, and presets of them, in one table.

The Python class, the command line and every plug-in take names, ranges, defaults and texts from here; the build turns
the table into C++ and into LV2's Turtle. It imports nothing of the package, so that the build can read it by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Control:
    """One control. Its plain value runs from 0 to `maximum`.

    Attributes
    ----------
    name : str
        Attribute of `DeepDenoise`, as pedalboard derives it from title and unit.
    title, short_title : str
        What hosts show.
    help : str
        One sentence, without its full stop.
    default : float
        Plain value at the start.
    maximum : float
        Largest plain value.
    unit : str
        Of a number's text, ``"%"`` or ``"dB"``; empty for a choice.
    labels : tuple of str
        Texts of a choice's plain values 0, 1, ...; empty for a number.
    """

    name: str
    title: str
    short_title: str
    help: str
    default: float
    maximum: float
    unit: str = ""
    labels: tuple[str, ...] = ()

    @property
    def symbol(self) -> str:
        """The title as an identifier, without the unit: of LV2 ports and, with hyphens, of command-line options."""
        return self.title.lower().replace(" ", "_")

    @property
    def switch(self) -> bool:
        """Whether it is off or on, False or True in Python."""
        return self.labels == ("off", "on")

    def text(self, value: float) -> str:
        """Write a plain value as hosts show it: ``"80.0 %"``, ``"removed"``.

        Parameters
        ----------
        value : float
            From 0 to `maximum`.

        Returns
        -------
        str
        """
        return self.labels[round(value)] if self.labels else f"{value:.1f} {self.unit}"

    def python(self, value: float) -> float | bool | str:
        """Turn a plain value into that of the Python attribute: a number, a bool or a label."""
        if self.switch:
            return value >= 0.5
        return self.labels[round(value)] if self.labels else value


# Sessions and presets store a control by its place in this table, so new ones go to the end.
CONTROLS: tuple[Control, ...] = (
    Control(
        "strength", "Strength", "Strength", "How much of the effect to apply; 0 gives back the input", 100, 100, "%"
    ),
    Control(
        "reduction_limit_db",
        "Reduction limit",
        "Limit",
        "The most that is ever taken away from any frequency; at 100 nothing limits it",
        40,  # a rest of noise that low sounds steady: holes around speech are heard more than it is
        100,
        "dB",
    ),
    Control(
        "stereo_link",
        "Stereo link",
        "Link",
        "One gain for all channels, from their mean power, or one for each channel",
        1,
        1,
        labels=("off", "on"),
    ),
    Control("listen", "Listen", "Listen", "Give the result, or what was removed", 0, 1, labels=("result", "removed")),
    Control("bypass", "Bypass", "Bypass", "Give back the input, as late as the result", 0, 1, labels=("off", "on")),
)
"""By id: the first has id 0."""

BY_NAME: Mapping[str, Control] = MappingProxyType({control.name: control for control in CONTROLS})
"""The controls by attribute name."""

MODEL_TITLE = "Model"
"""Title of the list of models, the control whose entries are the bundled models and so no row of this table."""


@dataclass(frozen=True, eq=False)
class Preset:
    """Settings for a purpose.

    Attributes
    ----------
    name : str
        Identifier.
    title : str
        What hosts show.
    help : str
        What it is for and what it does, one sentence without its full stop.
    values : mapping of str to float
        Plain values by control name; a control that is not named has its default.
    """

    name: str
    title: str
    help: str
    values: Mapping[str, float]

    @property
    def settings(self) -> dict[str, float | bool | str]:
        """Keyword arguments of `DeepDenoise`, one for each control but bypass."""
        return {
            control.name: control.python(self.values.get(control.name, control.default))
            for control in CONTROLS
            if control.name != "bypass"
        }


PRESETS: tuple[Preset, ...] = (
    Preset(
        "podcast",
        "Podcast",
        "A voice near its microphone: noise falls by at most 30 dB, so that pauses keep a breath of the room",
        {"reduction_limit_db": 30},
    ),
    Preset(
        "gentle",
        "Gentle",
        "For recordings that need little: noise falls by at most 12 dB, and so does speech that is taken for noise",
        {"reduction_limit_db": 12},
    ),
    Preset(
        "strong",
        "Strong",
        "For loud noise: nothing limits the reduction, and pauses may fall silent",
        {"reduction_limit_db": 100},
    ),
    Preset(
        "telephone",
        "Telephone",
        "For calls and recognition of speech: noise falls by at most 20 dB, and each party's channel is treated alone",
        {"reduction_limit_db": 20, "stereo_link": 0},
    ),
    Preset(
        "keep-music",
        "Keep music",
        "For speech over music, which counts as noise: nothing falls by more than 6 dB, so that the music stays",
        {"reduction_limit_db": 6},
    ),
)
