"""Photographs of any size and format made larger, cleaner, whole."""

from elegan.verbs.restore.files import FORMATS, check_quality, restore, restore_files, targets
from elegan.verbs.restore.restorers import (
    SCRATCHES,
    TASKS,
    Chain,
    Restorer,
    find_scratches,
    open_chain,
    open_restorer,
)

__all__ = [
    "FORMATS", "SCRATCHES", "TASKS", "Chain", "Restorer", "check_quality", "find_scratches", "open_chain", "open_restorer", "restore", "restore_files",
    "targets",
]  # fmt: skip
