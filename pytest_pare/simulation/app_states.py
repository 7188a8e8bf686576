"""Records the states of the apps of a run, for its trace."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from are.simulation.types import Action

from pytest_pare.base.redaction import redacted_json
from pytest_pare.base.serialization import MOST_CHARACTERS, to_short_text
from pytest_pare.scenarios.app_content import content_of
from pytest_pare.simulation.state_change import change_of
from pytest_pare.simulation.trace_details import AppChange

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from are.simulation.types import CompletedEvent

    from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper

# Reads that change an app: they mark a mail as read.
_OPENING = ("get_email_by_id", "get_email_by_index")


class _Look(NamedTuple):
    """The state of an app at one time, as JSON."""

    time: float
    turn: int | None
    after: int
    app: str
    app_class: str
    content: str


class AppStates:
    """The states of the apps: at the start, and wherever one may have changed.

    Only an app that an event has touched is looked at, and its state is kept as the text of its JSON until the trace
    needs it.

    Args:
        env: The environment of the run.
    """

    def __init__(self, env: StateAwareEnvironmentWrapper) -> None:
        self._env = env
        self._looks: list[_Look] = []
        self._content: dict[str, str] = {}
        # In the order of the first event.
        self._touched: dict[str, None] = {}

    def begin(self, initial: Mapping[str, Mapping[str, str]]) -> None:
        """Keep the states at the start.

        Args:
            initial: The `class_name` and `serialized_state` of each app by name, as the scenario has kept them.
        """
        for name, app in initial.items():
            self._content[name] = app["serialized_state"]
            self._looks.append(_Look(0.0, None, 0, name, app["class_name"], app["serialized_state"]))

    def touch(self, event: CompletedEvent) -> None:
        """Note that an event may have changed its app."""
        action = event.action
        if not isinstance(action, Action) or action.app is None:
            return
        operation = action.operation_type
        if operation is None or operation.value != "read" or action.function_name in _OPENING:
            self._touched[action.app.name] = None

    def look(self) -> None:
        """Keep the states of the apps that have changed since the last look."""
        env = self._env
        touched, self._touched = self._touched, {}
        for name in touched:
            app = env.apps.get(name)
            if app is not None and (content := content_of(app)) != self._content.get(name):
                self._content[name] = content
                time = round(env.time_manager.time() - env.start_time, 6)
                self._looks.append(_Look(time, env.turn, len(env.trace_entries), name, type(app).__name__, content))

    def changes(self) -> tuple[AppChange, ...]:
        """Return the states at the start, and the changes after that, without secrets."""
        return tuple(self._changes())

    def _changes(self) -> Iterator[AppChange]:
        states: dict[str, Any] = {}
        for look in self._looks:
            state = _plain(look.content)
            change = change_of(states.get(look.app), state)
            states[look.app] = state
            if change is not None:
                yield AppChange(look.time, look.turn, look.after, look.app, look.app_class, change)


def _plain(content: str) -> Any:
    # Redacted here, because a change has no longer the name beside each value.
    state = json.loads(redacted_json(content), parse_constant=str)
    return state if len(content) <= MOST_CHARACTERS else _cut(state)


def _cut(value: Any) -> Any:
    """Return a value with long texts cut. All items of lists are kept: the last ones are often the new ones."""
    if isinstance(value, str):
        return value if len(value) <= MOST_CHARACTERS else to_short_text(value)
    if isinstance(value, dict):
        return {key: _cut(item) for key, item in value.items()}
    return [_cut(item) for item in value] if isinstance(value, list) else value
