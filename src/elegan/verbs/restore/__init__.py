"""Photographs of any size and format made larger, cleaner, whole."""

from elegan.verbs.restore.files import FORMATS, check_quality, restore, restore_files, targets
from elegan.verbs.restore.restorers import (
    SCRATCHES,
    TASKS,
    Chain,
    Restorer,
    between_sides,
    find_scratches,
    open_chain,
    open_restorer,
    sides_of,
    tasks_of,
)

__all__ = [
    "FORMATS", "SCRATCHES", "TASKS", "Chain", "Restorer", "between_sides", "check_quality", "find_scratches", "open_chain", "open_restorer", "restore", "restore_files",
    "sides_of", "targets", "tasks_of",
]  # fmt: skip
