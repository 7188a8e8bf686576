"""Environment variables that runs set for their agents, and the values that they had before.

An engine reads its address and key by `original`. Otherwise it would send its requests to the agent's own endpoint.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pytest_pare.base.redaction import add_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

_originals: dict[str, str | None] = {}


def replace(variables: Mapping[str, str]) -> None:
    """Set environment variables until `restore` is called. Their former values are still redacted."""
    for name, value in variables.items():
        if name not in _originals:
            _originals[name] = os.environ.get(name)
            add_secret(_originals[name] or "")
        os.environ[name] = value


def restore() -> None:
    """Set all replaced variables to their former values."""
    while _originals:
        name, value = _originals.popitem()
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def is_replaced(name: str) -> bool:
    """Return whether a variable has a value that is for the agent alone."""
    return name in _originals


def original(name: str) -> str | None:
    """Return the value of an environment variable, without the one that is for the agent alone."""
    return _originals[name] if name in _originals else os.environ.get(name)
