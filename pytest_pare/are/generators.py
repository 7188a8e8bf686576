"""Random generators that cost nothing until something is drawn."""

from __future__ import annotations

import random
from typing import Any


class SeededLater:
    """A generator that is seeded when it is first used: most events draw nothing, and seeding takes most of their time.

    Args:
        seed: The seed.
    """

    def __init__(self, seed: str) -> None:
        self._seed = seed

    def __getattr__(self, name: str) -> Any:
        # Such as those by which `copy` asks for the way of copying.
        if name.startswith("__"):
            raise AttributeError(name)
        generator = vars(self).get("_generator")
        if generator is None:
            generator = self._generator = random.Random(self._seed)  # noqa: S311 - reproducible on purpose
        return getattr(generator, name)
