"""The phone's home screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from are.simulation.apps.system import SystemApp

from pytest_pare.apps.tool_decorators import screen_tool
from pytest_pare.scenarios.essential_apps import essential_app

if TYPE_CHECKING:
    from collections.abc import Callable


@essential_app("system", name="System")
class HomeScreenSystemApp(SystemApp):
    """The home screen, from which the user opens apps, and the phone's clock.

    Args:
        name: The app's name. Default: the class name.
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self._open_app: Callable[[str], str] | None = None
        self._switch_app: Callable[[str], str] | None = None
        self._go_home: Callable[[], str] | None = None

    def set_callbacks(
        self,
        switch_app_callback: Callable[[str], str],
        open_app_callback: Callable[[str], str],
        go_home_callback: Callable[[], str],
    ) -> None:
        """Connect the home screen to the environment, which opens and switches apps."""
        self._switch_app = switch_app_callback
        self._open_app = open_app_callback
        self._go_home = go_home_callback

    @screen_tool()
    def open_app(self, app_name: str) -> str:
        """Open an app, or bring it back with the screen it was left on.

        :param app_name: Name of the app.
        :returns: What is on the screen now.
        """
        if self._open_app is None:
            raise RuntimeError("the home screen is not connected to an environment")
        return self._open_app(app_name)

    @screen_tool()
    def switch_app(self, app_name: str) -> str:
        """Go to an app that is open in the background.

        :param app_name: Name of the app.
        :returns: What is on the screen now.
        """
        if self._switch_app is None:
            raise RuntimeError("the home screen is not connected to an environment")
        return self._switch_app(app_name)

    @screen_tool()
    def go_home(self) -> str:
        """Go back to the home screen; the app on the screen stays open in the background.

        :returns: What is on the screen now.
        """
        if self._go_home is None:
            raise RuntimeError("the home screen is not connected to an environment")
        return self._go_home()
