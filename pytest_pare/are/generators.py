"""Random generators that cost nothing until something is drawn, and their seeds."""

from __future__ import annotations

import hashlib
import random
from typing import Any


class SeededLater:
    """A generator that is seeded when it is first used: most events draw nothing, and seeding takes most of their time.

    Args:
        seed: The seed.
    """

    def __init__(self, seed: int | str) -> None:
        self._seed = seed
        self._generator: random.Random | None = None

    def __getattr__(self, name: str) -> Any:
        # Such as those by which `copy` asks for the way of copying.
        if name.startswith("__"):
            raise AttributeError(name)
        if self._generator is None:
            self._generator = random.Random(self._seed)  # noqa: S311 - reproducible on purpose
        found = getattr(self._generator, name)
        if callable(found):
            # Without this method the next time.
            vars(self)[name] = found
        return found

    def __reduce__(self) -> Any:
        """Return how to make a copy, which draws the same as this generator from now on."""
        return (SeededLater, (self._seed,)) if self._generator is None else self._generator.__reduce__()


def stable_seed(text: str) -> int:
    """Return a 32-bit seed for `text` that is the same in every process, unlike `hash()`."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
