"""Recipes of few words."""

from typing import Any

TINY = """
[corpora.voices]
role = "speech"
kind = "common_voice"
path = "cv"

[corpora.town]
role = "noise"
kind = "urbansound8k"
path = "us"

[mixing]
rate = 8000
{mixing}

[[mixing.effect]]
kind = "speech"

[[mixing.effect]]
kind = "noise"

[[mixing.effect]]
kind = "snr"
range_db = [0.0, 10.0]

[network]
name = "{network}"

[loss]
{loss} = 1.0

[[stage]]
name = "first"
seconds = 0.1
batch = 2
epochs = 2
steps = 3
validation = 2
learning_rate = 3e-3
monitor = "val_loss"
{stage}

{more}
"""


def tiny(
    network: str = "tiny", loss: str = "standardised_mse", mixing: str = "", stage: str = "", more: str = ""
) -> str:
    """Text of a recipe that trains in a moment."""
    return TINY.format(network=network, loss=loss, mixing=mixing, stage=stage, more=more)


def stage(name: str, **values: Any) -> str:
    """Text of a further stage."""
    lines = [f"{key.rstrip('_')} = {_toml(value)}" for key, value in values.items()]
    return "\n".join(["[[stage]]", f'name = "{name}"', *lines, ""])


BRIEF = {"seconds": 0.1, "batch": 2, "epochs": 1, "steps": 3, "validation": 2}
"""Values of such a stage."""


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_toml(of_key)}' for key, of_key in value.items())} }}"
    return str(value)
