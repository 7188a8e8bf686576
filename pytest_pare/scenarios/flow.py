"""`Flow`, the builder of a scenario's events."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from are.simulation.apps.app import App
from are.simulation.types import AbstractEvent, Event, EventRegisterer, OracleEvent

from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.scenarios.event_capture import Script, current_script, made_at
from pytest_pare.scenarios.events import event_name
from pytest_pare.scenarios.source_location import authors_place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType


class Flow:
    """Collects the events of a scenario, in order. `PAREScenario.flow()` makes one.

    As a context, it captures the events that calls of the apps' methods make, and at its end it sets `self.events` of
    the scenario.

    Args:
        scenario: The scenario.

    Attributes:
        events: The events, in the order in which they were given.
    """

    def __init__(self, scenario: Any) -> None:
        self._scenario = scenario
        self.events: list[AbstractEvent] = []
        self._last: AbstractEvent | None = None
        # The names of the reference steps.
        self._steps: list[str] = []
        # The place, the name and the number of the calls that fail.
        self._failing: list[tuple[str, str, int]] = []
        self._has_proposal = False
        self._capture = EventRegisterer.capture_mode()

    def __enter__(self) -> Flow:
        """Begin to capture events."""
        script = current_script()
        if script is not None and script.has_flow:
            raise self._defect("build_events_flow() has two flows; give all events to one")
        self._script = script or Script()
        self._script.has_flow = True
        self._known = len(self._script.made)
        self._capture.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Set the events of the scenario.

        Raises:
            ScenarioDefect: If an event was made and not given to the flow, or the reference steps do not call a tool as
                often as it fails.
        """
        self._capture.__exit__(kind, error, at)
        if kind is not None:
            return
        given = {id(event.successors) for event in self.events}
        for event in self._script.made[self._known :]:
            # `oracle()` and `copy()` return another object for the same event, which shares this list with it.
            if id(event.successors) not in given:
                raise self._defect(
                    f"{event_name(event)} is made and not given to the flow; pass it to flow.at(), flow.world_after(), "
                    "flow.after() or flow.then()",
                    made_at(event),
                )
        for place, name, times in self._failing:
            calls = self._steps.count(name)
            if calls < times:
                raise self._defect(
                    f"flow.fails() lets the first {times} call{'s' * (times > 1)} of {name} fail, and "
                    f"the reference steps have {calls}; add each call that fails, and the steps that recover",
                    place,
                )
        self._scenario.events = list(self.events)

    # -- the world

    def at(self, seconds: float, event: Any) -> Any:
        """Let an event of the world happen so many seconds after the start, and return it."""
        return self._added(self._checked(event, seconds, "at").delayed(seconds))

    def world_after(self, cause: Any, seconds: float, event: Any) -> Any:
        """Let an event of the world happen so many seconds after another, or after the last of a list; return it."""
        self._check_causes(cause, "world_after")
        return self._added(self._checked(event, seconds, "world_after").depends_on(cause, delay_seconds=seconds))

    # -- reference steps

    def after(self, cause: Any, seconds: float, event: Any) -> Any:
        """Add a reference step so many seconds after an event, or after the last of a list; return it."""
        self._check_causes(cause, "after")
        return self._step(cause, seconds, event, "after")

    def then(self, seconds: float, event: Any) -> Any:
        """Add a reference step so many seconds after the last one; without any, after the last event; return it."""
        return self._step(self._previous("then"), seconds, event, "then")

    def propose(self, seconds: float, text: str, after: AbstractEvent | Sequence[AbstractEvent] | None = None) -> Any:
        """Add a proposal of the agent so many seconds after the last step, or after `after`; return it."""
        cause = self._previous("propose") if after is None else after
        self._check_causes(cause, "propose")
        self._has_proposal = True
        return self._step(cause, seconds, self._interface("send_message_to_user", text), "propose")

    def accept(self, seconds: float, text: str) -> Any:
        """Add the user's acceptance of the proposal before; return it."""
        return self._answer("accept", seconds, text)

    def reject(self, seconds: float, text: str) -> Any:
        """Add the user's rejection of the proposal before; return it."""
        return self._answer("reject", seconds, text)

    def report(self, seconds: float, text: str) -> Any:
        """Add the agent's report of its execution; return it."""
        cause = self._previous("report")
        return self._step(cause, seconds, self._interface("send_message_to_user", text), "report")

    # -- failures

    def fails(self, tool: Callable[..., Any], *, times: int | None = 1, error: str | Exception) -> None:
        """Let the agent's first calls of a tool fail, in every mode.

        Args:
            tool: The method of an app, such as `self.cab.order_ride`.
            times: The number of calls that fail; `None` lets every call fail.
            error: The exception, or the text of a `RuntimeError`.

        Raises:
            ScenarioDefect: If the agent has no such tool, or `times` is not at least 1.
        """
        app, name = getattr(tool, "__self__", None), getattr(tool, "__name__", "")
        if not isinstance(app, App) or name not in [one.func_name for one in app.get_tools()]:
            raise self._defect(f"flow.fails() takes a tool of the agent's, such as self.cab.order_ride, got {tool!r}")
        if times is not None and (not isinstance(times, int) or times < 1):
            raise self._defect(f"flow.fails() takes times, a number from 1, got {times!r}")
        self._failing.append((authors_place(), f"{app.name}.{name}", times or 1))
        self._scenario.scripted_failures.add(app.name, name, times, error)

    # -- helpers

    def _answer(self, name: str, seconds: float, text: str) -> Any:
        if not self._has_proposal:
            raise self._defect(
                f"flow.{name}() answers a proposal, and there is none before it; call flow.propose() first"
            )
        return self._step(self._previous(name), seconds, self._interface(f"{name}_proposal", text), name)

    def _interface(self, function: str, text: str) -> Any:
        interface = getattr(self._scenario, "agent_ui", None)
        if interface is None:
            raise self._defect("self.agent_ui is missing; call self.add_apps() in init_and_populate_apps")
        return getattr(interface, function)(content=text)

    def _step(self, cause: Any, seconds: float, event: Any, name: str) -> Any:
        event = self._checked(event, seconds, name)
        if type(event) not in (Event, OracleEvent):
            raise self._defect(
                f"flow.{name}() takes a call of an app's method, got {type(event).__name__}; give it to flow.at() or "
                "flow.world_after()"
            )
        step = (event if isinstance(event, OracleEvent) else event.oracle()).depends_on(cause, delay_seconds=seconds)
        self._steps.append(event_name(step))
        self._last = step
        self.events.append(step)
        return step

    def _added(self, event: Any) -> Any:
        self.events.append(event)
        if not self._steps:
            self._last = event
        return event

    def _previous(self, name: str) -> AbstractEvent:
        if self._last is None:
            raise self._defect(f"flow.{name}() needs an event before it; begin with flow.at()")
        return self._last

    def _checked(self, event: Any, seconds: Any, name: str) -> Any:
        if not isinstance(event, AbstractEvent):
            raise self._defect(
                f"flow.{name}() takes an event, got {type(event).__name__}; call a method of an app there, within "
                "`with self.flow()`"
            )
        if any(one.successors is event.successors for one in self.events):
            raise self._defect(f"{event_name(event)} is given to the flow twice; make two events")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
            raise self._defect(f"flow.{name}() takes seconds, a finite number from 0, got {seconds!r}")
        return event

    def _check_causes(self, cause: Any, name: str) -> None:
        causes = list(cause) if isinstance(cause, list | tuple) else [cause]
        if not causes:
            raise self._defect(f"flow.{name}() comes after events, got an empty list")
        for one in causes:
            if not isinstance(one, AbstractEvent):
                raise self._defect(f"flow.{name}() comes after an event of the flow, got {type(one).__name__}")
            if not any(known.successors is one.successors for known in self.events):
                raise self._defect(
                    f"flow.{name}() comes after {event_name(one)}, which is not in this flow; give it to the flow first"
                )

    def _defect(self, sentence: str, place: str = "") -> ScenarioDefect:
        where = place or authors_place()
        return ScenarioDefect(f"{self._scenario.scenario_id}: {f'{where}: ' * bool(where)}{sentence}")
