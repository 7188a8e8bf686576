"""Checks against ARE's abstract classes."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

is_subclass: Any = lru_cache(maxsize=512)(issubclass)
"""What `issubclass` returns, kept: an abstract class is slow to ask, and a run asks for the same ones many times."""
