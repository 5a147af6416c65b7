"""``python -m training.export RUN --name NAME --out models/NAME``: a trained network as a model that the plug-in runs.

Batch norms are folded away, the result is run in the plug-in's engine and compared with Keras, and a card is written
that says what it was trained on, how, and how well it does.
"""

from __future__ import annotations

from training.export.errors import ExportError
from training.export.folding import fold
from training.export.model_directory import export
from training.export.parity import TOLERANCE, check

__all__ = ["TOLERANCE", "ExportError", "check", "export", "fold"]
