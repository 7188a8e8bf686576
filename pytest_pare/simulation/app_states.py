"""Records the states of the apps of a run, for its trace."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_pare.are.state_texts import StateText, StateTexts
from pytest_pare.base.redaction import redacted_json
from pytest_pare.base.serialization import MOST_CHARACTERS, to_short_text
from pytest_pare.simulation.state_change import change_of, without_secrets
from pytest_pare.simulation.trace_details import AppChange
from pytest_pare.simulation.trace_entries import TraceEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from are.simulation.apps.app import App

    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
    from pytest_pare.simulation.trace_entries import EngineCall

# The functions that take a state apart call themselves, and Python limits how often.
_MOST_LEVELS = 50
# A longer text without a space is the content of a file, as base64.
_MOST_DATA = 1000
_DATA_SHOWN = 60
# Without a quotation mark, which is enough: such a text has none either.
_HAS_LONG = re.compile(f'"[^"]{{{_MOST_DATA},}}')
_WHITE = re.compile(r"\s")
# States with more characters than these, and those for each entry of the trace, are not kept after each change.
_MOST_CHARACTERS = 20_000_000
_CHARACTERS_OF_ENTRY = 2_000
_TOO_DEEP: Final = object()
_NESTED: Final = (dict, list)


class _Look(NamedTuple):
    """The state of an app at one time, as the pieces of its JSON."""

    time: float
    turn: int | None
    after: int
    app: str
    app_class: str
    content: list[str]


class AppStates:
    """The states of the apps: at the start, and wherever one may have changed.

    Only an app with an event that is no read is looked at. Its state stays the text of its JSON until the trace needs
    it.

    Args:
        scenario: The scenario; its states at the start are those that `initialize` has kept.
    """

    def __init__(self, scenario: PAREScenario) -> None:
        self._scenario = scenario
        self._looks: list[_Look] = []
        # The last contents by the names of the apps.
        self._content: dict[str, StateText] = {}
        # The number of entries at the last look.
        self._seen = 0
        # The apps that may have changed since they were last looked at.
        self._touched: dict[str, None] = {}
        self._characters = 0
        self._texts = StateTexts()

    def look(self, env: StateAwareEnvironmentWrapper, *, is_last: bool = False) -> None:
        """Keep the states of the apps that have changed since the last look.

        Each look costs as much as the state is large. So the looks at a state that grows with the run would cost more
        and more, and fill the memory: after `_MOST_CHARACTERS`, a change is kept with later ones.

        Args:
            env: The environment of the run.
            is_last: Whether the run has ended, so that all changes are kept now.
        """
        entries = env.trace_entries
        seen, self._seen = self._seen, len(entries)
        if seen == self._seen and not self._touched:
            return
        self._touched.update(dict.fromkeys(_touched(entries.since(seen), env.apps)))
        if not is_last and self._characters > _MOST_CHARACTERS + _CHARACTERS_OF_ENTRY * len(entries):
            return
        for name in self._touched:
            with env.off_the_record():
                content = self._content_of(env.apps[name])
            if content is None:
                continue
            self._characters += content.length
            before = self._content.get(name) or self._at_start(name)
            # The pieces of unchanged objects are mostly the same ones.
            if content.length != before.length or (
                content.pieces != before.pieces and "".join(content.pieces) != "".join(before.pieces)
            ):
                self._content[name] = content
                time = round(env.time_manager.time() - env.start_time, 6)
                app_class = type(env.apps[name]).__name__
                self._looks.append(_Look(time, env.turn, len(entries), name, app_class, content.pieces))
        self._touched.clear()

    def changes(self) -> tuple[AppChange, ...]:
        """Return the states at the start, and the changes after that, without secrets."""
        return tuple(self._changes())

    def _changes(self) -> Iterator[AppChange]:
        states: dict[str, Any] = {}
        start = (
            _Look(0.0, None, 0, name, app["class_name"], [app["serialized_state"]])
            for name, app in (self._scenario._initial_apps or {}).items()
        )
        for look in (*start, *self._looks):
            content = "".join(look.content)
            state = _parsed(content)
            if state is _TOO_DEEP:
                continue
            if look.app in states:
                change = _cut(without_secrets(change_of(states[look.app], state)))
            else:
                shown = json.loads(redacted_json(content), parse_constant=str)
                change = change_of(None, _cut(shown) if _HAS_LONG.search(content) else shown)
            states[look.app] = state
            if change is not None:
                yield AppChange(look.time, look.turn, look.after, look.app, look.app_class, change)

    def _content_of(self, app: App) -> StateText | None:
        try:
            return self._texts.of(app)
        except (Exception, SystemExit):  # noqa: BLE001 - a `get_state` may raise anything, and must not cost the run
            return None

    def _at_start(self, name: str) -> StateText:
        app = (self._scenario._initial_apps or {}).get(name)
        text = "" if app is None else app["serialized_state"]
        return StateText([text], len(text))


def _touched(entries: Iterable[TraceEvent | EngineCall], apps: Mapping[str, App]) -> list[str]:
    """Return the names of the apps that events may have changed, in order of the events."""
    names: dict[str, None] = {}
    for entry in entries:
        # A call without an id never came to its app.
        if not isinstance(entry, TraceEvent) or not entry.event_id:
            continue
        if entry.app is None:
            # A function of the scenario's own may change any app; its checks change none.
            names.update(dict.fromkeys(apps if entry.kind == "ENV" else ()))
        elif entry.app in apps and entry.operation != "read":
            names[entry.app] = None
    return list(names)


def _parsed(content: str) -> Any:
    """Return the state in a JSON text; `_TOO_DEEP` if it has too many levels to be shown."""
    try:
        state = json.loads(content, parse_constant=str)
    except RecursionError:
        return _TOO_DEEP
    level: list[Any] = [[state]]
    for _ in range(_MOST_LEVELS):
        items = (one.values() if isinstance(one, dict) else one for one in level)
        level = [item for inner in items for item in inner if isinstance(item, _NESTED)]
        if not level:
            return state
    return _TOO_DEEP


def _cut(value: Any) -> Any:
    """Return a value, which has no secrets, with long texts cut.

    All items of lists are kept: the last ones are often the new ones.
    """
    if isinstance(value, str):
        if len(value) > _MOST_DATA and not _WHITE.search(value):
            return f"{value[:_DATA_SHOWN]}... [{len(value) - _DATA_SHOWN:,} more characters]"
        return to_short_text(value) if len(value) > MOST_CHARACTERS else value
    if isinstance(value, dict):
        return {key: _cut(item) for key, item in value.items()}
    return [_cut(item) for item in value] if isinstance(value, list) else value
