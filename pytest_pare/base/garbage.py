"""Pauses the garbage collector of cycles, where it would pass over the same objects again and again."""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Pause the collector while many results are read, or become a report.

    It passes over all objects that are alive again and again as their number grows. With 100,000 runs that is a third
    of the time of a report.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def importing() -> Iterator[None]:
    """Pause the collector while modules are imported, and exempt all objects that there are from later collections.

    Modules stay as long as the process. Without this, collections take a sixth of the start of a session.
    """
    with without_garbage_collection():
        yield
    gc.freeze()


def import_first(name: str) -> None:
    """Import a module, as in `importing`, unless it is imported already."""
    if name not in sys.modules:
        with importing():
            import_module(name)
