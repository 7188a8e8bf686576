"""The history of a run for the reference steps: which are done, and when others are due."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from are.simulation.types import ConditionCheckEvent, EventType

from pytest_pare.agents.protocols import ProactiveAgentMode
from pytest_pare.engines.reference_log import Moment
from pytest_pare.scenarios.scripted_failures import is_scripted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from are.simulation.types import AbstractEvent

    from pytest_pare.engines.reference_log import LogIndex, Played
    from pytest_pare.engines.steps import Role, Step

_DONE = (EventType.AGENT, EventType.USER)
# The faults that leave a proposal without its answer.
_OF_ANSWERS = ("user_words", "user_changes_mind")


_START = Moment(-1, None)


@dataclass(frozen=True)
class _Named:
    event_id: str
    metadata: Any


class History:
    """What has happened up to now, of the reference steps and the events that they depend on.

    Args:
        env: The environment of the run.
        log: The event log, up to date.
        steps: All reference steps, by their ids.
        played: The steps that were played.
        roles: The roles that play by reference.
    """

    def __init__(self, env: Any, log: LogIndex, steps: dict[str, Step], played: Played, roles: frozenset[Role]) -> None:
        self._env = env
        self._log = log
        self._by_id = steps
        self._played = played
        self._roles = roles
        played.search(log.shifts, len(env.consent.withdrawn))
        # What is found about steps that were not played, or whose events are unknown, may change.
        self._steps: dict[str, Moment] = {}
        self._taken: dict[int, Step] = {}
        self._due: dict[int, float | None] = {}
        # The last one first: if a call never became an event, later events belong to other steps.
        for step in reversed(list(played.unknown)):
            start = step.since or 0
            place = self._take(step, start)
            if place is not None:
                played.found(step, place, self._at(place))
            elif not self._is_hit(step):
                self._steps[step.event_id] = Moment(start - 1, None)
        for step in steps.values():
            if step.since is None and step.role not in roles:
                self._match(step)

    def moment(self, event: AbstractEvent) -> Moment | None:
        """Return when an event happened; `None` if it has not."""
        if event.event_id in self._by_id:
            return self._steps.get(event.event_id) or self._played.moments.get(event.event_id)
        if not self._env.has_happened(event):
            return None
        place = self._log.places.get(event.event_id)
        return _START if place is None else self._at(place)

    def has_all(self, events: Iterable[AbstractEvent]) -> bool:
        """Return whether all of the events have happened."""
        return all(self.moment(event) is not None for event in events)

    def undone(self) -> list[Step]:
        """Return the steps that were played, and that noise has prevented or undone."""
        proposal = self._env.consent.proposal
        has_expired = proposal is not None and proposal.status == "expired" and bool(self._env.trace_entries.faulty)
        return [
            step
            for step in (self._played.steps if has_expired else self._played.unknown)
            if (has_expired and self._is_lost(step) if self.moment(step.event) else self._is_prevented(step))
        ]

    def _is_prevented(self, step: Step) -> bool:
        # The user may repeat an answer at the beginning of a later turn.
        return not step.is_answer or step.turn != self._env.turn

    def _is_lost(self, step: Step) -> bool:
        """Return whether a step is the proposal that has expired, because of a fault of the user."""
        is_last = step.is_message and step.role == "observe" and step.proposals + 1 == self._env.consent.number
        return is_last and any(fault.kind == "USER" for fault in self._faults(step))

    def _is_hit(self, step: Step) -> bool:
        """Return whether a step has a fault."""
        faults = self._faults(step)
        if step.is_answer:
            return any(fault.fault in _OF_ANSWERS for fault in faults)
        failed = [(fault.app, fault.function) for fault in faults if fault.kind == "AGENT" and not fault.event_id]
        return (step.app_name, step.function) in failed

    def _faults(self, step: Step) -> list[Any]:
        """Return the events with a fault of the agent's tools or of the user since a step was played."""
        faults: list[Any] = self._env.trace_entries.faulty[step.faults :]
        return faults

    def due(self, event: AbstractEvent) -> float | None:
        """Return when an event is due if nothing that it depends on is late; `None` if that is not known."""
        if id(event) not in self._due:
            self._due[id(event)] = self._calculated(event)
        return self._due[id(event)]

    def _calculated(self, event: AbstractEvent) -> float | None:
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
        step = self._by_id.get(event.event_id)
        if step is not None:
            return self.due(event) if step.role in self._roles else None
        scheduled: float | None = self._env.event_queue.future_events.time_of(event.event_id)
        if scheduled is not None:
            return scheduled
        # In a run with agents no event of the world waits for a reference step.
        waits = event.dependencies and not any(one.event_id in self._by_id for one in event.dependencies)
        return self.due(event) if waits and not isinstance(event, ConditionCheckEvent) else None

    def log_by_step(self) -> Iterator[Any]:
        """Yield the events of the log, those of steps under the ids by which other steps refer to them."""
        for place, event in enumerate(self._log.events):
            step = self._taken.get(place) or self._played.taken.get(place)
            yield event if step is None or event.failed() else _Named(step.event_id, event.metadata)

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
        acceptances = [one for one in self._by_id.values() if one.is_acceptance]
        accepted = self.moment(acceptances[step.consent - 1].event)
        if accepted is None:
            return
        last = max(last, accepted, key=lambda moment: moment.place)
        # Only actions have an id of their own, and so a mode: all entries of a condition share one id.
        log = self._log.events
        done = (n for n in range(accepted.place + 1, len(log)) if log[n].event_type in _DONE)
        end = next((place for place in done if not self._is_in_execution(place)), None)
        if (place := self._take(step, last.place + 1, end)) is not None:
            self._steps[step.event_id] = self._at(place)
        elif end is not None or self._env.consent.mode is not ProactiveAgentMode.EXECUTE:
            self._steps[step.event_id] = last

    def _is_in_execution(self, place: int) -> bool:
        mode = self._env.trace_entries.mode_of(self._log.events[place].event_id)
        return bool(mode == ProactiveAgentMode.EXECUTE.value)

    def _take(self, step: Step, start: int, end: int | None = None) -> int | None:
        """Assign the first free call of a step's tool to the step, and return its place; `None` if there is none."""
        kind = EventType.USER if step.role == "user" else EventType.AGENT
        places = self._log.calls.get((kind, step.app_name, step.function), [])
        is_proposal = step.is_message and step.role != "execute" and step.since is None
        for index in range(bisect_left(places, start), len(places)):
            place = places[index]
            if end is not None and place >= end:
                return None
            event = self._log.events[place]
            if (
                place not in self._taken
                and place not in self._played.taken
                and event.event_id not in self._env.consent.withdrawn
                and (step.since is not None or not event.failed() or is_scripted(event))
                and not (is_proposal and self._is_in_execution(place))
            ):
                self._taken[place] = step
                return place
        return None

    def _at(self, place: int) -> Moment:
        return Moment(place, self._log.events[place].event_time)
