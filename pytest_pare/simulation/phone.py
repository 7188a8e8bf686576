"""What is on the phone's screen."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from are.simulation.apps.agent_user_interface import AgentUserInterface
from are.simulation.types import disable_events

from pytest_pare.apps.core import StatefulApp
from pytest_pare.apps.system import HomeScreenSystemApp
from pytest_pare.are.abstract import is_subclass
from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.simulation.phone_text import PhoneText

if TYPE_CHECKING:
    from collections.abc import Iterator

    from are.simulation.apps.app import App
    from are.simulation.time_manager import TimeManager
    from are.simulation.tool_utils import AppTool


class Phone:
    """The part of the environment with the app on the screen, and those that are open in the background.

    Attributes:
        apps: All apps by name.
        active_app: The app on the screen.
        background_apps: Names of the apps in the background, the latest one last.
    """

    apps: dict[str, App]
    active_app: App | None
    background_apps: list[str]
    time_manager: TimeManager
    _home_screen: HomeScreenSystemApp
    # The apps between the agent and the user.
    _channels: list[AgentUserInterface]
    _openable_names: list[str]
    # Whether calls of the agent's tools are the user's now.
    _is_users = False

    @contextmanager
    def as_user(self) -> Iterator[None]:
        """Log calls of the agent's tools as the user's meanwhile."""
        self._is_users = True
        try:
            yield
        finally:
            self._is_users = False

    def connect_home_screen(self) -> None:
        """Show the home screen, and let it open and switch apps.

        Raises:
            ScenarioDefect: If there is no `HomeScreenSystemApp` among the apps.
        """
        home = self._home_screen = self._home()
        home.set_callbacks(self.switch_app, self.open_app, self.go_home)
        self.active_app = self.active_app or home
        self._channels = [app for app in self.apps.values() if isinstance(app, AgentUserInterface)]
        self._openable_names = [name for name, app in self.apps.items() if isinstance(app, StatefulApp)]

    def open_app(self, app_name: str) -> str:
        """Put an app on the screen; one that is in the background comes back as it was left.

        Raises:
            KeyError: If no app has that name.
            TypeError: If it is not an app that a user opens.
        """
        app = self._openable(app_name)
        if app is self.active_app:
            return f"{app_name} is already open."
        if app_name in self.background_apps:
            return self.switch_app(app_name)
        # Made again, because the first screen may be old: a calendar opens on the current day.
        with disable_events():
            app.load_root_state()
        self._show(app)
        return f"Opened {app_name}."

    def switch_app(self, app_name: str) -> str:
        """Bring an app back from the background.

        Raises:
            KeyError: If no app has that name.
            TypeError: If it is not an app that a user opens.
            ValueError: If it is not in the background.
        """
        app = self._openable(app_name)
        if app is self.active_app:
            return f"{app_name} is already open."
        if app_name not in self.background_apps:
            raise ValueError(f"{app_name} is not open in the background; open it with open_app")
        self._show(app)
        return f"Switched to {app_name}."

    def go_home(self) -> str:
        """Show the home screen; the app on the screen goes to the background."""
        home = self._home_screen
        if self.active_app is home:
            return "The home screen is already shown."
        self._show(home)
        return "The home screen is shown."

    def get_user_tools(self) -> list[AppTool]:
        """Return the user's present tools: answers to the agent, the home screen's tools, and those of the screen."""
        home: Any = self._home_screen
        shown: Any = self.active_app
        tools: list[AppTool] = []
        for app in self._channels:
            tools += app.get_user_tools()
        of_home = home.get_user_tools()
        tools += of_home if shown is home else [one for one in of_home if one.function.__name__ != "open_app"]
        if is_subclass(type(shown), StatefulApp):
            tools += shown.get_user_tools()
        return tools

    def openable_apps(self) -> list[str]:
        """Return the names of the apps that the user can open."""
        return self._openable_names.copy()

    @property
    def phone(self) -> PhoneText:
        """The content of the apps; `print(env.phone)` shows it."""
        return PhoneText(self.apps.values(), self.time_manager.time(), self.screen)

    @property
    def screen(self) -> str | None:
        """The present screen, `app/screen`; for the home screen, the name of its app."""
        app: Any = self.active_app
        if is_subclass(type(app), StatefulApp):
            return f"{app.name}/{type(app.current_state).__name__}"
        return None if app is None else str(app.name)

    def _home(self) -> HomeScreenSystemApp:
        for app in self.apps.values():
            if isinstance(app, HomeScreenSystemApp):
                return app
        raise ScenarioDefect("the scenario has no HomeScreenSystemApp; add one to self.apps")

    def _openable(self, app_name: str) -> StatefulApp:
        if app_name not in self.apps:
            raise KeyError(f"no app is named {app_name!r}; there are {', '.join(sorted(self.apps))}")
        app = self.apps[app_name]
        if not isinstance(app, StatefulApp):
            raise TypeError(f"{app_name} is not an app that can be opened")
        return app

    def _show(self, app: App) -> None:
        if isinstance(self.active_app, StatefulApp):
            self.background_apps.append(self.active_app.name)
        if app.name in self.background_apps:
            self.background_apps.remove(app.name)
        self.active_app = app
