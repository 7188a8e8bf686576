"""Faster calls of ARE's tools, with the same results.

ARE makes the signature and the type hints of a tool anew at each call, which takes longer than most tools do.
"""

from __future__ import annotations

import importlib
import inspect
import typing
from functools import lru_cache
from typing import Any

# More than the tools of all apps, and not without end: functions of scenarios and tests come and go.
_MOST = 2048
_signature = lru_cache(_MOST)(inspect.signature)
_type_hints = lru_cache(_MOST)(typing.get_type_hints)


class _Inspect:
    """The `inspect` module, with signatures that are made once."""

    signature = staticmethod(_signature)

    def __getattr__(self, name: str) -> Any:
        return getattr(inspect, name)


def uuid_hex(rng: Any) -> str:
    """Return the id that ARE draws by `rng.choice` for each of its 32 digits."""
    digits = ""
    while len(digits) < 32:
        # `choice` draws five bits for one of 16 digits, and draws again if the number is too high.
        number = rng.getrandbits(5)
        if number < 16:
            digits += "0123456789abcdef"[number]
    return digits


def install() -> None:
    """Patch ARE's modules that wrap the tools, and its function that draws the ids of objects."""
    # The code, because ARE's apps hold the function itself.
    importlib.import_module("are.simulation.utils.misc").__dict__["uuid_hex"].__code__ = uuid_hex.__code__
    importlib.import_module("are.simulation.types").__dict__["inspect"] = _Inspect()
    importlib.import_module("are.simulation.utils.type_utils").__dict__.update(
        inspect=_Inspect(), get_type_hints=_type_hints
    )
