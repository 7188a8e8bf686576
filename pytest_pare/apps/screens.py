"""`AppState`, the base class of the screens of an app."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from are.simulation.tool_utils import AppTool, OperationType, ToolAttributeName

from pytest_pare.apps.tool_descriptions import build_tool
from pytest_pare.are.tool_overrides import inherit_decorators

if TYPE_CHECKING:
    from are.simulation.apps.app import App

READ = OperationType.READ
WRITE = OperationType.WRITE
"""What a screen's tool does to the content of its app: the first argument of `screen_tool`."""


class AppState:
    """A screen of an app: what the user sees, and can do there.

    Its user tools are the methods that `screen_tool` decorates, and what overrides them.
    """

    _app: App | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Let what overrides a user tool be one."""
        super().__init_subclass__(**kwargs)
        inherit_decorators(cls)

    def bind_to_app(self, app: App) -> Self:
        """Tell the screen which app it belongs to, before it is shown, and return it."""
        self._app = app
        return self

    @property
    def app(self) -> Any:
        """The app that the screen belongs to.

        Raises:
            RuntimeError: If it has never been shown.
        """
        if self._app is None:
            raise RuntimeError(f"the screen {type(self).__name__} belongs to no app yet")
        return self._app

    def on_enter(self) -> None:
        """Do what is to be done when the screen is shown; what it raises keeps the screen from being shown."""

    def on_exit(self) -> None:
        """Do what is to be done when another screen is pushed on top."""

    def is_valid(self) -> bool:
        """Tell whether what the screen shows is still there; the way back passes over a screen that is not valid."""
        return True

    def get_available_actions(self) -> list[AppTool]:
        """Return the user tools of this screen, in alphabetical order."""
        return self._actions

    @cached_property
    def _actions(self) -> list[AppTool]:
        tools = []
        for name in sorted(dir(type(self))):
            method = getattr(type(self), name)
            if getattr(method, ToolAttributeName.USER.value, False):
                tool = build_tool(self.app, method)
                tool.class_instance = self
                tools.append(tool)
        return tools
