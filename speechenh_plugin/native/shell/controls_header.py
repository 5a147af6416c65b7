"""Run by the build: writes the table of controls as a C++ header, ``controls_header.py CONTROLS.PY OUT.H``.

It takes the table by its path, since the package itself is not there yet.
"""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from speechenh_plugin.controls import Control

TEXT = """// Written by controls_header.py from speechenh_plugin/controls.py.
#pragma once

#include <array>
#include <cstdint>

namespace deepdenoise::shell {{

/// Control ids. Sessions store them.
enum ControlId : uint32_t {{ {ids}, kControlCount }};

/// The list of models is a control too, but no value of the audio thread: choosing one loads it. Listed behind the
/// others; its id stays when controls are added.
inline constexpr uint32_t kModel = 1000;
inline constexpr const char* kModelTitle = {model};

constexpr bool isParameter(uint32_t id) {{ return id < kControlCount || id == kModel; }}

/// Plain values run from 0 to `maximum`, in proportion to a host's normalised 0..1.
struct Control {{
    const char* title;
    const char* shortTitle;
    const char* unit;       ///< of a number's text; empty for a choice
    double maximum;         ///< of the plain value
    double initial;         ///< plain
    const char* choices[2]; ///< texts of 0 and 1; null for a number
}};

inline constexpr std::array<Control, kControlCount> kControls{{{{
{controls}
}}}};

}} // namespace deepdenoise::shell
"""


def _identifier(control: Control) -> str:
    return "k" + control.title.title().replace(" ", "")


def _control(control: Control) -> str:
    if len(control.labels) not in (0, 2):
        raise ValueError(
            f"{control.name} has {len(control.labels)} labels; the plug-ins know numbers and choices of two"
        )
    texts = [json.dumps(text) for text in (control.title, control.short_title, control.unit)]
    numbers = [repr(float(number)) for number in (control.maximum, control.default)]
    labels = ", ".join(map(json.dumps, control.labels))
    return f"    {{{', '.join(texts + numbers)}, {{{labels}}}}},"


def header(table: str) -> str:
    """Write the header.

    Parameters
    ----------
    table : str
        Path of ``controls.py``.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If a choice has other than two labels.
    """
    names = runpy.run_path(table)
    controls: tuple[Control, ...] = names["CONTROLS"]
    return TEXT.format(
        ids=", ".join(map(_identifier, controls)),
        model=json.dumps(names["MODEL_TITLE"]),
        controls="\n".join(map(_control, controls)),
    )


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(header(sys.argv[1]), "utf-8")
