"""The collector goes on as before, however a pause ends."""

from __future__ import annotations

import gc
from contextlib import suppress

import pytest

from pytest_pare.base.garbage import without_garbage_collection


@pytest.mark.parametrize("enabled", [True, False])
def test_a_pause_ends_as_it_began(monkeypatch: pytest.MonkeyPatch, enabled: bool) -> None:
    state = [enabled]
    monkeypatch.setattr(gc, "isenabled", lambda: state[-1])
    monkeypatch.setattr(gc, "enable", lambda: state.append(True))
    monkeypatch.setattr(gc, "disable", lambda: state.append(False))
    with suppress(ValueError), without_garbage_collection():
        assert state[-1] is False
        raise ValueError
    assert state[-1] is enabled
