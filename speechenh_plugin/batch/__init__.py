"""Folders of recordings: every one that can be done is done, every other one is named."""

from .record import BatchReport
from .run import REPORT, batch

__all__ = ["REPORT", "BatchReport", "batch"]
