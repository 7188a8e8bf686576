"""The tools of a turn, made when they are first used: many agents let most turns pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.agents.tools import Toolbox


class LaterTools:
    """An object whose attribute `tools` may be made later."""

    def with_tools_made_by(self, make: Callable[[], Toolbox], of_run: Callable[[], Toolbox] | None = None) -> Self:
        """Let functions return the tools when they are first used, and return this object.

        Args:
            make: Returns the tools of this turn.
            of_run: Returns the tools of all turns of the run; `None` if each turn has its own.
        """
        vars(self).pop("tools", None)
        vars(self).update(_make_tools=make, _tools_of_run=of_run)
        return self

    @property
    def tools_of_run(self) -> Toolbox:
        """The tools for an agent that neither changes them nor calls them after its turn: the same in each turn.

        Where someone has used the tools of this turn already, and so may have changed them, they are these.
        """
        of_run: Callable[[], Toolbox] | None = vars(self).get("_tools_of_run")
        tools: Toolbox = self.tools if of_run is None or "tools" in vars(self) else of_run()
        return tools

    def __getattr__(self, name: str) -> Any:
        """Make the tools."""
        make = vars(self).get("_make_tools")
        if name != "tools" or make is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return vars(self).setdefault("tools", make())
