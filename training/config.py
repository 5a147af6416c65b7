"""What a training run is: a TOML file, checked."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from training.data.mixing import MixSettings
from training.network import NETWORKS
from training.objective.losses import LOSSES


@dataclass(frozen=True, kw_only=True)
class Config:
    """A training run. The defaults are the reference recipe.

    Attributes
    ----------
    network
        Name of the network.
    loss
        Weights of the losses of `training.objective.losses`, by name.
    equal_levels
        Whether the loss sees every mixture at the same power; else a loud one weighs more than a quiet one.
    epochs, steps
        Epochs, and steps an epoch.
    batch, frames
        Sequences a step, and frames of loss in each; before them come as many frames as the network looks back.
    validation
        Sequences that each epoch is judged on, always the same.
    learning_rate
        Of Adam.
    schedule
        "constant", or "cosine" to a hundredth over all steps.
    clip_norm
        Gradients are shortened to this length; 0 leaves them.
    average
        Share that a moving average of the weights keeps at each step, such as 0.999: validation judges the average, and
        the best checkpoint holds it; 0 takes the weights as they are.
    monitor
        Validation measure of the best checkpoint: "val_rmse", "val_loss" (lower is better), "val_si_sdr" or "val_stoi"
        (higher).
    patience
        Epochs without a better one after which training stops; 0 never stops early.
    seed
        Of weights and data.
    precision
        Of training steps: "float32", or "mixed_bfloat16": products are about twice as fast on a CPU with AMX, but
        weights learn its rounding, which the engine does not have. Validation is in float32. End in float32.
    mix
        How mixtures are made when training mixes on the fly.
    splits
        Splits of the corpora to train on and to validate on.
    """

    network: str
    loss: Mapping[str, float] = field(default_factory=lambda: {"standardised_mse": 1.0})
    equal_levels: bool = False
    epochs: int = 100
    steps: int = 40
    batch: int = 4
    frames: int = 128
    validation: int = 64
    learning_rate: float = 3e-4
    schedule: str = "constant"
    clip_norm: float = 0.0
    average: float = 0.0
    monitor: str = "val_rmse"
    patience: int = 0
    seed: int = 1
    precision: str = "float32"
    mix: MixSettings = field(default_factory=MixSettings)
    splits: tuple[str, str] = ("train", "dev")

    def __post_init__(self) -> None:
        choices = {
            "network": list(NETWORKS),
            "schedule": ["constant", "cosine"],
            "monitor": list(BETTER),
            "precision": ["float32", "mixed_bfloat16"],
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be one of {', '.join(allowed)}.")
        for name in ("epochs", "steps", "batch", "frames", "validation"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be at least 1.")
        if not 0 < self.learning_rate < math.inf:
            raise ValueError(f"learning_rate is {self.learning_rate}; it must be greater than 0, and finite.")
        if not 0 <= self.average < 1:
            raise ValueError(f"average is {self.average}; it must be at least 0 and less than 1.")
        for name in self.loss:
            if name not in LOSSES:
                raise ValueError(f"There is no loss {name!r}; there are {', '.join(LOSSES)}.")

    def to_dict(self) -> dict[str, Any]:
        """Give the settings as plain values, for JSON."""
        return asdict(self)

    @classmethod
    def read(cls, path: Path) -> Config:
        """Read a TOML file. What its `base`, another such file beside it, says holds where it says nothing.

        Raises
        ------
        OSError
            If there is no such file, or no such base.
        ValueError
            If it is no TOML, or a setting is unknown or out of range; the message names the file.
        """
        try:
            values = _values(path)
            known = {f.name for f in fields(cls)}
            for name in values:
                if name not in known:
                    raise ValueError(f"There is no setting {name!r}; there are {', '.join(sorted(known))}.")
            if "mix" in values:
                values["mix"] = MixSettings.from_dict(values["mix"])
            if "splits" in values:
                values["splits"] = tuple(values["splits"])
            return cls(**values)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path}: {error}") from error


ROLES = ("speech", "noise", "teacher")
"""Roles of what a run's data came from: corpora, and whose estimates taught mixtures took for clean speech."""

BETTER = {"val_rmse": min, "val_loss": min, "val_si_sdr": max, "val_stoi": max}
"""For each measure of the best checkpoint, which of two is better."""


def _values(path: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Read a file's tables, over those of its base."""
    if path in above:
        raise ValueError(f"{path.name} is the base of its own base.")
    values = tomllib.loads(path.read_text())
    if "base" not in values:
        return values
    under = _values(path.parent / values.pop("base"), (*above, path))
    mix = {**under.get("mix", {}), **values.get("mix", {})}
    return {**under, **values, "mix": mix}
