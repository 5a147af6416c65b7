"""Folders of recordings: every one that can be done is done, every other one is named."""

from .run import REPORT, BatchReport, batch

__all__ = ["REPORT", "BatchReport", "batch"]
