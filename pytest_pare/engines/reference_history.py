"""The history of a run for the reference steps: which are done, and when others are due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from are.simulation.types import ConditionCheckEvent, EventType

from pytest_pare.agents.protocols import ProactiveAgentMode
from pytest_pare.scenarios.scripted_failures import is_scripted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from are.simulation.types import AbstractEvent, CompletedEvent

    from pytest_pare.engines.steps import Role, Step

_DONE = (EventType.AGENT, EventType.USER)
# The faults that leave a proposal without its answer.
_OF_ANSWERS = ("user_words", "user_changes_mind")


class Moment(NamedTuple):
    """When something happened.

    Attributes:
        place: Its index in the event log; without an entry there, that of the entry before it.
        time: In epoch seconds; `None` without an entry in the event log.
    """

    place: int
    time: float | None


_START = Moment(-1, None)


def tool_and_user_faults(env: Any) -> list[Any]:
    """Return the events of the trace up to now with a fault of the agent's tools or of the user."""
    return [one for one in env.trace_entries if getattr(one, "fault", None) and one.kind in ("AGENT", "USER")]


@dataclass(frozen=True)
class _Named:
    event_id: str
    metadata: Any


class History:
    """What has happened up to now, of the reference steps and the events that they depend on.

    Args:
        env: The environment of the run.
        steps: All reference steps.
        played_steps: The steps that were played, in the order in which they were.
        played: The roles that play by reference.
    """

    def __init__(self, env: Any, steps: list[Step], played_steps: list[Step], played: frozenset[Role]) -> None:
        self._env = env
        self._played = played
        self._roles = {step.event_id: step.role for step in steps}
        self._log: list[CompletedEvent] = list(env.event_log.past_events)
        self._modes = {one.event_id: one.mode for one in env.trace_entries if hasattr(one, "mode")}
        self._acceptances = [step for step in steps if step.is_acceptance]
        self._world = {event.event_id: Moment(place, event.event_time) for place, event in enumerate(self._log)}
        # The time at which a condition comes true is not known.
        queue = [event for event in env.event_queue.future_events if not isinstance(event, ConditionCheckEvent)]
        self._scheduled: dict[str, float] = {event.event_id: event.event_time for event in queue}
        self._steps: dict[str, Moment] = {}
        self._taken: dict[int, Step] = {}
        self._faults = tool_and_user_faults(env)
        # The last one first: if a call never became an event, later events belong to other steps.
        for step in reversed(played_steps):
            start = step.since or 0
            place = self._take(step, start)
            if place is not None:
                self._steps[step.event_id] = self._at(place)
            elif not self._is_hit(step):
                self._steps[step.event_id] = Moment(start - 1, None)
        for step in steps:
            if step.since is None and step.role not in played:
                self._match(step)

    def moment(self, event: AbstractEvent) -> Moment | None:
        """Return when an event happened; `None` if it has not."""
        if event.event_id in self._roles:
            return self._steps.get(event.event_id)
        return self._world.get(event.event_id, _START) if self._env.has_happened(event) else None

    def has_all(self, events: Iterable[AbstractEvent]) -> bool:
        """Return whether all of the events have happened."""
        return all(self.moment(event) is not None for event in events)

    def is_undone(self, step: Step) -> bool:
        """Return whether noise has prevented or undone a step that was played."""
        if step.event_id not in self._steps:
            # The user may repeat an answer at the beginning of a later turn.
            return not step.is_answer or step.turn != self._env.turn
        consent = self._env.consent
        is_last = step.is_message and step.role == "observe" and step.proposals + 1 == consent.number
        has_expired = is_last and consent.proposal.status == "expired"
        return has_expired and any(fault.kind == "USER" for fault in self._faults[step.faults :])

    def _is_hit(self, step: Step) -> bool:
        """Return whether a step has a fault."""
        faults = self._faults[step.faults :]
        if step.is_answer:
            return any(fault.fault in _OF_ANSWERS for fault in faults)
        failed = [(fault.app, fault.function) for fault in faults if fault.kind == "AGENT" and not fault.event_id]
        return (step.app_name, step.function) in failed

    def due(self, event: AbstractEvent) -> float | None:
        """Return when an event is due if nothing that it depends on is late; `None` if that is not known."""
        times = [self._expected(one) for one in event.dependencies]
        known = [time for time in times if time is not None]
        if len(known) < len(times):
            return None
        if event.event_time is not None:
            return float(event.event_time)
        return max(known, default=float(self._env.start_time)) + (event.event_relative_time or 0)

    def _expected(self, event: AbstractEvent) -> float | None:
        moment = self.moment(event)
        if moment is not None:
            return float(self._env.start_time) if moment.time is None else moment.time
        role = self._roles.get(event.event_id)
        if role is not None:
            return self.due(event) if role in self._played else None
        if event.event_id in self._scheduled:
            return self._scheduled[event.event_id]
        # In a run with agents no event of the world waits for a reference step.
        waits = event.dependencies and not any(one.event_id in self._roles for one in event.dependencies)
        return self.due(event) if waits and not isinstance(event, ConditionCheckEvent) else None

    def log_by_step(self) -> list[Any]:
        """Return the event log, with the events of steps under the ids by which other steps refer to them."""
        return [
            event
            if (step := self._taken.get(place)) is None or event.failed()
            else _Named(step.event_id, event.metadata)
            for place, event in enumerate(self._log)
        ]

    def _match(self, step: Step) -> None:
        """Match a step with an action of the agent under test, from the time on at which the step is possible."""
        if not self.has_all(step.event.dependencies):
            return
        before = [moment for event in step.event.dependencies if (moment := self.moment(event)) is not None]
        last = max(before, default=_START, key=lambda moment: moment.place)
        if step.is_read:
            self._steps[step.event_id] = last
        elif step.is_message and step.role == "execute":
            self._match_report(step, last)
        elif (place := self._take(step, last.place + 1)) is not None:
            self._steps[step.event_id] = self._at(place)

    def _match_report(self, step: Step, last: Moment) -> None:
        """Match the report of an execution. An execution that ended without a report counts as reported."""
        accepted = self.moment(self._acceptances[step.consent - 1].event)
        if accepted is None:
            return
        last = max(last, accepted, key=lambda moment: moment.place)
        # Only actions have an id of their own, and so a mode: all entries of a condition share one id.
        done = (n for n in range(accepted.place + 1, len(self._log)) if self._log[n].event_type in _DONE)
        end = next((place for place in done if not self._is_in_execution(place)), None)
        if (place := self._take(step, last.place + 1, end)) is not None:
            self._steps[step.event_id] = self._at(place)
        elif end is not None or self._env.consent.mode is not ProactiveAgentMode.EXECUTE:
            self._steps[step.event_id] = last

    def _is_in_execution(self, place: int) -> bool:
        return self._modes.get(self._log[place].event_id) == ProactiveAgentMode.EXECUTE.value

    def _take(self, step: Step, start: int, end: int | None = None) -> int | None:
        """Assign the first free call of a step's tool to the step, and return its place; `None` if there is none."""
        kind = EventType.USER if step.role == "user" else EventType.AGENT
        for place in range(start, len(self._log) if end is None else end):
            event = self._log[place]
            is_proposal = step.is_message and step.role != "execute" and step.since is None
            if (
                place not in self._taken
                and event.event_id not in self._env.consent.withdrawn
                and event.event_type == kind
                and (event.app_name(), event.function_name()) == (step.app_name, step.function)
                and (step.since is not None or not event.failed() or is_scripted(event))
                and not (is_proposal and self._is_in_execution(place))
            ):
                self._taken[place] = step
                return place
        return None

    def _at(self, place: int) -> Moment:
        return Moment(place, self._log[place].event_time)
