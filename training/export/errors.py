"""What can be wrong with an export."""

from __future__ import annotations


class ExportError(Exception):
    """A network that cannot become a model file; the message says why."""
