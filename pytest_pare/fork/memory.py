"""Modules imported, and memory put in order, for a process to fork others from that share it.

Memory is copied by the page when it is written to, and Python writes to every object that it looks at.
"""

from __future__ import annotations

import gc
import inspect
import os
import sys
import threading
import warnings
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from execnet import gateway_base

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType

# What CPython's allocator takes from the system in one piece, and the sizes that it rounds to.
_POOL = 16 * 1024
_SIZES = range(48, 513, 16)
# More than there are gaps after all imports. Without that allocator nothing tells that there are none left.
_MOST_FILLING = 64 * 1024 * 1024
_filling: list[bytes] = []


def import_for_forks(names: Sequence[str]) -> dict[str, str]:
    """Import modules in a way that bears a fork, and return what they changed in the environment.

    Raises:
        RuntimeError: If they have started a thread.
    """
    environment = dict(os.environ)
    # Collections write to all objects, and so copy memory that workers would share.
    gc.disable()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            import_module(name)
    _leave_asserts()
    _put_names_together()
    gateway()
    gc.collect()
    _fill_gaps()
    gc.freeze()
    # A fork would copy the locks of other threads as they happen to be.
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        running = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
        raise RuntimeError(f"an import has started threads: {', '.join(running) or 'none of Python'}")
    return {name: value for name, value in os.environ.items() if environment.get(name) != value}


def _leave_asserts() -> None:
    """Mark all modules by the word that keeps pytest from rewriting asserts: it would warn that it is too late."""
    others = {"__main__", *sys.stdlib_module_names}
    for name in [name for name in sys.modules if name.partition(".")[0] not in others]:
        # What stands there need not be a module of Python's.
        with suppress(AttributeError):
            sys.modules[name].__doc__ = f"{sys.modules[name].__doc__ or ''}\n\nPYTEST_DONT_REWRITE"


def _put_names_together() -> None:
    """Make the names of all modules anew, side by side.

    pytest looks through them, which writes to each, and so copies the page on which it stands: 5 MB in each worker.
    """
    modules = [(name.encode().decode(), module) for name, module in sys.modules.items()]
    sys.modules.clear()
    sys.modules.update(modules)


@cache
def gateway() -> tuple[str, CodeType]:
    """Return the source that execnet has a worker run first, and what it compiles to: that takes 4 MB in each."""
    source = inspect.getsource(gateway_base)
    return source, compile(source, "<string>", "exec")


def _fill_gaps() -> None:
    """Take the gaps between objects that live, so that what a worker makes comes to stand together, on new pages.

    In a gap it would take a copy of the page around it: 4 MB in each worker.
    """
    room = _MOST_FILLING
    for size in _SIZES:
        last = in_order = 0
        # Side by side, and one after the other, objects stand in a new pool only.
        while in_order < _POOL // size - 4 and room > 0:
            block = bytes(size - sys.getsizeof(b""))
            in_order = in_order + 1 if id(block) == last + size else 0
            last = id(block)
            room -= size
            _filling.append(block)
