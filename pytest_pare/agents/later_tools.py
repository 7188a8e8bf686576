"""The tools of a turn, made when they are first used: many agents let most turns pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.agents.tools import Toolbox


class LaterTools:
    """An object whose attribute `tools` may be made later."""

    def with_tools_made_by(self, make: Callable[[], Toolbox]) -> Self:
        """Let `make` return the tools when they are first used, and return this object."""
        vars(self).pop("tools", None)
        vars(self)["_make_tools"] = make
        return self

    def __getattr__(self, name: str) -> Any:
        """Make the tools."""
        make = vars(self).get("_make_tools")
        if name != "tools" or make is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return vars(self).setdefault("tools", make())
