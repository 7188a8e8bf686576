"""A faster version of ARE's function that draws the ids of objects, with the same ids."""

from __future__ import annotations

import importlib
from typing import Any


def uuid_hex(rng: Any) -> str:
    """Return the id that ARE draws by `rng.choice` for each of its 32 digits."""
    digits = b""
    while missing := 32 - len(digits):
        # `choice` draws five bits for one of 16 digits, the highest of 32, and draws again if the number is too high.
        drawn = rng.getrandbits(32 * missing).to_bytes(4 * missing, "little")[3::4]
        by_byte = (
            b"00000000111111112222222233333333444444445555555566666666777777778888888899999999"
            b"aaaaaaaabbbbbbbbccccccccddddddddeeeeeeeeffffffff" + b" " * 128
        )
        digits += drawn.translate(by_byte).replace(b" ", b"")
    return digits.decode()


def install() -> None:
    """Patch ARE's function."""
    # The code, because ARE's apps hold the function itself. So it must not use names of this module.
    importlib.import_module("are.simulation.utils.misc").__dict__["uuid_hex"].__code__ = uuid_hex.__code__
