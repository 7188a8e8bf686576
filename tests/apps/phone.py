"""A phone for tests of apps, which use only the tools of the user and of the agent."""

from __future__ import annotations

import copy
import inspect
import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulApp
from pytest_pare.are.world import World
from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from are.simulation.apps.app import App
    from are.simulation.types import CompletedEvent

KINDS = {
    "app_tool": "_is_app_tool",
    "env_tool": "_is_env_tool",
    "data_tool": "_is_data_tool",
    "user_tool": "_is_user_tool",
}


class Phone:
    """A phone with one app on its screen, and `more` apps in the background."""

    def __init__(self, world: World, app: StatefulApp, *more: App) -> None:
        self.world = world
        self.app: Any = app
        self.env = StateAwareEnvironmentWrapper(clock=world.clock)
        self.env.register_apps([HomeScreenSystemApp(name="System"), PAREAgentUserInterface(), app, *more])
        self.tools()["System__open_app"](app_name=app.name)

    def tools(self) -> dict[str, Any]:
        return {tool.name: tool for tool in self.env.get_user_tools()}

    def own_tools(self) -> set[str]:
        """The names of the user tools of the app now."""
        prefix = f"{self.app.name}__"
        return {name.removeprefix(prefix) for name in self.tools() if name.startswith(prefix)}

    def log(self) -> list[CompletedEvent]:
        return list(self.env.event_log.list_view())

    @property
    def screen(self) -> str:
        return type(self.app.current_state).__name__

    @property
    def draft(self) -> Any:
        return self.app.current_state.draft

    def do(self, tool: str, **arguments: Any) -> Any:
        """Call a user tool, and check that it logs exactly one USER event."""
        before = len(self.log())
        result = self.tools()[f"{self.app.name}__{tool}"](**arguments)
        assert described(self.log()[before:]) == [("USER", tool, False)]
        return result

    def refuse(self, error: type[Exception], tool: str, match: str | None = None, **arguments: Any) -> None:
        """Call a user tool that fails, and check that it logs one failed event and changes nothing."""
        before, shown = len(self.log()), self.everything()
        with pytest.raises(error, match=match or None):
            self.tools()[f"{self.app.name}__{tool}"](**arguments)
        assert described(self.log()[before:]) == [("USER", tool, True)]
        assert self.everything() == shown

    def agent(self, tool: str, **arguments: Any) -> Any:
        """Call an agent tool, and check that it logs exactly one AGENT event and keeps the screen."""
        before, shown = len(self.log()), self.screens()
        result = {t.name: t for t in self.app.get_tools()}[f"{self.app.name}__{tool}"](**arguments)
        assert described(self.log()[before:]) == [("AGENT", tool, False)]
        assert self.screens() == shown
        return result

    def agent_refused(self, error: type[Exception], tool: str, match: str | None = None, **arguments: Any) -> None:
        before, shown = len(self.log()), self.everything()
        with pytest.raises(error, match=match or None):
            {t.name: t for t in self.app.get_tools()}[f"{self.app.name}__{tool}"](**arguments)
        # ARE rejects an argument of the wrong type before it logs an event.
        expected = [] if error is TypeError else [("AGENT", tool, True)]
        assert described(self.log()[before:]) == expected
        assert self.everything() == shown

    def screens(self) -> list[int]:
        return [id(screen) for screen in [*self.app.navigation_stack, self.app.current_state]]

    def everything(self) -> tuple[Any, ...]:
        """Return everything that a failed call must not change: content, screens, and the draft on the screen."""
        return (
            copy.deepcopy(self.app.get_state()),
            self.screens(),
            copy.deepcopy(getattr(self.app.current_state, "draft", None)),
        )

    def walk(self, paths: dict[str, list[tuple[str, dict[str, Any]]]]) -> None:
        """Reach each screen of the declared graph by tools, leave it by `go_back`, and end on the first one."""
        graph = self.app.get_state_graph()
        assert set(paths) == set(graph)
        for screen, steps in paths.items():
            for tool, arguments in steps:
                before, left = self.screen, self.app.current_state
                self.do(tool, **arguments)
                if self.app.current_state is not left:
                    assert self.screen in graph[before], f"{before} -> {self.screen} is not declared"
            assert self.screen == screen
            while "go_back" in self.own_tools():
                self.do("go_back")
            assert self.screen == self.app.root.__name__


@contextmanager
def phone(make: Callable[[], StatefulApp], *more: Callable[[], App], seed: str = "phone") -> Iterator[Phone]:
    world = World(seed)
    with world.active():
        yield Phone(world, make(), *(make_other() for make_other in more))


def described(events: list[CompletedEvent]) -> list[tuple[str, str | None, bool]]:
    return [(event.event_type.value, event.function_name(), event.failed()) for event in events]


def interface(app: str) -> dict[str, Any]:
    """Return the documented interface of an app: its methods, screens, tools and marks."""
    contract: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / f"{app}_interface.json").read_text())
    return contract


def kinds_of(method: Any) -> list[str]:
    kinds = [kind for kind, mark in KINDS.items() if getattr(method, mark, False)]
    return kinds or (["event-only"] if hasattr(method, "__event_registered__") else [])


def mark_of(method: Any) -> str | None:
    operation = getattr(method, "__operation_type__", None)
    return None if operation is None else operation.name


def parameters_of(method: Any) -> dict[str, Any]:
    parameters = list(inspect.signature(method).parameters.values())[1:]
    return {p.name: "<required>" if p.default is p.empty else json_value(p.default) for p in parameters}


def json_value(default: Any) -> Any:
    return default if isinstance(default, str | int | float | None) else str(default)
