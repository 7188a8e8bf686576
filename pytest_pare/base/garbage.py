"""Pauses the garbage collector of cycles, or lets it start rarely while a run is played.

It would pass over the same objects again and again.
"""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Python's own of 700 has dozens of collections in a run, each of which passes over the world that is being played.
_THRESHOLD = 100_000
_LOCK = Lock()
# One for each caller that collects rarely now: the thresholds before the first of them.
_before: list[tuple[int, int, int]] = []


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Let the collector start by itself only after many new objects; one that is switched off stays off.

    Threads may do so at the same time. The thresholds are restored when the last one has ended.
    """
    with _LOCK:
        thresholds = _before[0] if _before else gc.get_threshold()
        if not _before and thresholds[0]:
            gc.set_threshold(max(_THRESHOLD, thresholds[0]), *thresholds[1:])
        _before.append(thresholds)
    try:
        yield
    finally:
        with _LOCK:
            _before.pop()
            if not _before:
                gc.set_threshold(*thresholds)


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
