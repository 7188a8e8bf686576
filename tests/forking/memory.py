"""Imports modules and arranges memory, so that forked processes share most of it.

A forked process copies each page of memory that it writes to, and Python writes to every object that it reads.
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

# The size of one pool of CPython's allocator, and the sizes of objects that it rounds to.
_POOL = 16 * 1024
_SIZES = range(48, 513, 16)
# More than all gaps after the imports: another allocator gives no sign that none is left.
_MOST_FILLING = 64 * 1024 * 1024
_filling: list[bytes] = []


def import_for_forks(names: Sequence[str]) -> dict[str, str]:
    """Import modules, prepare the process for forks, and return the environment variables that the imports changed.

    Raises:
        RuntimeError: If an import has started a thread.
    """
    environment = dict(os.environ)
    # A collection writes to all objects, and so copies shared memory.
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
    """Mark all modules so that pytest does not try to rewrite their asserts, and warn that it is too late."""
    others = {"__main__", *sys.stdlib_module_names}
    for name in [name for name in sys.modules if name.partition(".")[0] not in others]:
        # An entry may be an object that is no module.
        with suppress(AttributeError):
            sys.modules[name].__doc__ = f"{sys.modules[name].__doc__ or ''}\n\nPYTEST_DONT_REWRITE"


def _put_names_together() -> None:
    """Make new objects for the names of all modules, side by side in memory.

    pytest reads all names, which writes to each and copies its page: 5 MB in each worker.
    """
    modules = [(name.encode().decode(), module) for name, module in sys.modules.items()]
    sys.modules.clear()
    sys.modules.update(modules)


@cache
def gateway() -> tuple[str, CodeType]:
    """Return the source that each of execnet's workers runs first, and its code: compiling takes 4 MB in each.

    The code has the name of its file, so that no message takes it for the user's.
    """
    source = inspect.getsource(gateway_base)
    return source, compile(source, gateway_base.__file__, "exec")


def _fill_gaps() -> None:
    """Fill the gaps between objects, so that the new objects of a worker are together on new pages.

    A new object in a gap would copy the page around it: 4 MB in each worker.
    """
    room = _MOST_FILLING
    for size in _SIZES:
        last = in_order = 0
        # Objects in ascending order, side by side, are in a new pool.
        while in_order < _POOL // size - 4 and room > 0:
            block = bytes(size - sys.getsizeof(b""))
            in_order = in_order + 1 if id(block) == last + size else 0
            last = id(block)
            room -= size
            _filling.append(block)
