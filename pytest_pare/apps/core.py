"""`StatefulApp`, the base class of the apps with screens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from are.simulation.apps.app import App, ToolType
from are.simulation.tool_utils import AppTool, AppToolAdapter, ToolAttributeName
from are.simulation.types import CompletedEvent, EventType, disable_events

from pytest_pare.apps.navigation import Transition, actions_on, mermaid, state_graph
from pytest_pare.apps.screens import READ, WRITE, AppState
from pytest_pare.apps.tool_decorators import screen_tool
from pytest_pare.apps.tool_descriptions import build_tool

# The import patches ARE's apps to use simulated time and reproducible ids, before the first app exists.
from pytest_pare.are import world as _world
from pytest_pare.are.copies import fresh_containers
from pytest_pare.are.tool_overrides import in_order, inherit_decorators

if TYPE_CHECKING:
    from collections.abc import Mapping

USER_NAME = "John Doe"
USER_EMAIL = "john@pare.com"
"""The phone's owner, unless a scenario names another owner."""

__all__ = ["READ", "USER_EMAIL", "USER_NAME", "WRITE", "AppState", "StatefulApp"]

assert _world is not None


class StatefulApp(App):
    """An app that a user can open on the phone.

    A subclass declares `root` and `transitions`. It overrides `create_root_state` if its root screen takes arguments.

    Args:
        name: The app's name, a part of its tools' names. Default: the class name.
        **kwargs: Fields of the ARE app that the subclass extends.

    Attributes:
        root: The first screen.
        transitions: By screen and action, the transition after the action. Other actions stay on their screen.
        current_state: The screen that is shown.
        navigation_stack: The screens below it, the root first.
    """

    root: ClassVar[type[AppState]]
    transitions: ClassVar[Mapping[type[AppState], Mapping[str, Transition]]] = {}

    current_state: AppState | None
    navigation_stack: list[AppState]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Make overrides of tools tools as well."""
        super().__init_subclass__(**kwargs)
        inherit_decorators(cls)

    def __init__(self, name: str | None = None, **kwargs: Any) -> None:
        # Copied, because the app changes its content.
        super().__init__(name=name or type(self).__name__, **fresh_containers(kwargs))
        self.current_state = None
        self.navigation_stack = []
        self.load_root_state()

    def create_root_state(self) -> AppState:
        """Return a new first screen."""
        return self.root()

    def load_root_state(self) -> None:
        """Show the first screen, with nothing below it."""
        self.set_current_state(self.create_root_state())
        self.navigation_stack.clear()

    def reset_to_root(self) -> str:
        """Show the first screen and return a confirmation."""
        self.load_root_state()
        return f"{self.name} shows its first screen, {type(self.current_state).__name__}."

    def set_current_state(self, app_state: AppState) -> None:
        """Show a screen on top of the current one. If it cannot be shown, nothing changes.

        Raises:
            Exception: Whatever the screen's `on_enter` raises.
        """
        if app_state._app is None:
            app_state.bind_to_app(self)
        left = self.current_state
        app_state.on_enter()
        if left is not None:
            left.on_exit()
            self.navigation_stack.append(left)
        self.current_state = app_state

    @screen_tool()
    def go_back(self) -> str:
        """Go back to the screen before.

        :returns: What is shown now.
        """
        if not self.navigation_stack:
            return f"This is the first screen of {self.name}."
        self._pop()
        return f"Back on {type(self.current_state).__name__}."

    def _pop(self) -> None:
        while self.navigation_stack:
            screen = self.navigation_stack.pop()
            if screen.is_valid():
                self.current_state = screen
                return
        self.load_root_state()

    def get_user_tools(self) -> list[AppTool]:
        """Return the user tools of the current screen, and `go_back` if there is a screen below it."""
        tools = self.get_tools_with_attribute(ToolAttributeName.USER, ToolType.USER)
        if self.navigation_stack and self.current_state is not None:
            tools = [*tools, self.current_state.back_action]
        return tools

    def get_tools_with_attribute(
        self, attribute: ToolAttributeName | None, tool_type: ToolType | None
    ) -> list[AppTool]:
        """Return the tools of a kind: for the user, those of the current screen; for `None`, those that log events."""
        if attribute is ToolAttributeName.USER:
            return list(self.current_state.get_available_actions()) if self.current_state is not None else []
        if attribute is None:
            names = {name for name in dir(type(self)) if _is_event_only(getattr(type(self), name))}
            return [build_tool(self, getattr(type(self), name)) for name in sorted(names)]
        return in_order(type(self), super().get_tools_with_attribute(attribute, tool_type))

    def get_meta_are_user_tools(self) -> list[AppToolAdapter]:
        """Return the user tools in the form that ARE's agents call."""
        return [AppToolAdapter(tool) for tool in self.get_user_tools()]

    def handle_state_transition(self, event: CompletedEvent) -> None:
        """Make the transition after an action of the user. A failed action has none."""
        if event.event_type != EventType.USER or event.failed() or self.current_state is None:
            return
        transition = actions_on(type(self.current_state), self.transitions).get(event.function_name() or "")
        if transition is None:
            return
        # Screens call tools when they are made and entered. Those calls are not logged.
        with disable_events():
            if transition.op == "pop":
                self._pop()
            elif transition.op == "reset":
                self.load_root_state()
            elif transition.make is not None:
                screen = transition.make(self.current_state, event.get_args(), event.metadata.return_value)
                if screen is not None:
                    self.set_current_state(screen)

    @classmethod
    def get_state_graph(cls) -> dict[str, list[str]]:
        """Return, by the name of each screen, the names of the screens that it leads to directly."""
        return state_graph(cls.root, cls.transitions)

    @classmethod
    def get_state_diagram(cls) -> str:
        """Return the screens and the actions between them as a Mermaid state diagram."""
        return mermaid(cls.root, cls.transitions)

    def get_reachable_states(self, from_state: AppState) -> list[type[AppState]]:
        """Return the screens that an action on `from_state` opens, sorted by name."""
        actions = actions_on(type(from_state), self.transitions)
        return sorted({t.target for t in actions.values() if t.target is not None}, key=lambda screen: screen.__name__)


def _is_event_only(method: Any) -> bool:
    return hasattr(method, "__event_registered__") and not any(
        hasattr(method, kind.value) for kind in ToolAttributeName
    )
