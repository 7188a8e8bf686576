"""The names of agents in results."""

from __future__ import annotations

from functools import partial
from typing import Any

from pytest_pare.base.serialization import to_text


def name_of(agent: Any) -> str:
    """Return the name of an agent: its module, and its `name` or that of its function or class."""
    while isinstance(agent, partial):
        agent = agent.func
    named: Any = agent if hasattr(agent, "__qualname__") else type(agent)
    try:
        own = getattr(agent, "name", None)
    except Exception:  # noqa: BLE001 - a property may raise anything
        own = None
    return to_text(f"{named.__module__}:{own if isinstance(own, str) and own else named.__qualname__}")
