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
    """A screen of an app, with the actions of the user on it.

    Its user tools are the methods that `screen_tool` decorates, and their overrides.
    """

    _app: App | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Make overrides of user tools user tools as well."""
        super().__init_subclass__(**kwargs)
        inherit_decorators(cls)

    def bind_to_app(self, app: App) -> Self:
        """Set the app of the screen, before it is shown, and return the screen."""
        self._app = app
        return self

    @property
    def app(self) -> Any:
        """The app of the screen.

        Raises:
            RuntimeError: If the screen has never been shown.
        """
        if self._app is None:
            raise RuntimeError(f"the screen {type(self).__name__} belongs to no app yet")
        return self._app

    def on_enter(self) -> None:
        """Prepare to be shown. If this raises an exception, the screen is not shown."""

    def on_exit(self) -> None:
        """React to another screen that is pushed on top."""

    def is_valid(self) -> bool:
        """Tell whether the content of the screen still exists. The way back skips invalid screens."""
        return True

    def get_available_actions(self) -> list[AppTool]:
        """Return the user tools of this screen, in alphabetical order."""
        return self._actions

    @cached_property
    def back_action(self) -> AppTool:
        """The user tool that leads to the screen below this one."""
        return build_tool(self.app, type(self.app).go_back)

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
