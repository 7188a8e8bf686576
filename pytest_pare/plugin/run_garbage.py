"""Collects cyclic garbage after each item instead of many times within it."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from pytest_pare.base.garbage import collecting_rarely

if TYPE_CHECKING:
    from collections.abc import Generator


class RunGarbage:
    """The plugin of a process that runs items.

    A world is a cycle, and dies with its run: a collection of the youngest objects after the run frees it. What a
    session has switched off stays off.
    """

    def __init__(self) -> None:
        self._items = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Let the collector start by itself only where an item makes many objects."""
        with collecting_rarely():
            return (yield)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self) -> None:
        """Collect the garbage of an item."""
        self._items += 1
        if gc.isenabled() and gc.get_threshold()[0]:
            gc.collect(generation_after(self._items))


def generation_after(items: int) -> int:
    """Return the oldest generation that is collected after a number of items.

    It is the middle one after each tenth item, and the oldest after 128, 256, 512 and so on: a session's results live
    in it, and passing over them each hundred items would take a time that grows with their square.
    """
    if items >= 128 and items & (items - 1) == 0:
        return 2
    return 1 if items % 10 == 0 else 0
