"""Carries out the events of a script when they are due."""

from __future__ import annotations

import traceback
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from are.simulation.environment import Environment
from are.simulation.types import (
    AgentValidationEvent,
    CompletedEvent,
    ConditionCheckEvent,
    Event,
    EventMetadata,
    EventRegisterer,
    EventType,
    OracleEvent,
    StopEvent,
    ValidationEvent,
)

from pytest_pare.are.copies import ATOMS, with_own_arguments
from pytest_pare.are.world import drawing_apart
from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.scenarios.event_capture import made_at
from pytest_pare.scenarios.events import check_name, event_name, is_plain_answer, is_users_own, with_dependencies
from pytest_pare.scenarios.noise.event_faults import TWICE
from pytest_pare.scenarios.noise.marks import is_noise
from pytest_pare.scenarios.placeholders import resolve, results_of
from pytest_pare.scenarios.scripted_failures import ScriptedFailures, failing, is_scripted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Set

    from are.simulation.types import AbstractEvent


class ScriptedEnvironment(Environment):
    """ARE's environment, in which each event of the script happens once all of its dependencies have happened.

    Attributes:
        defects: What went wrong in the scenario's own script, a sentence each.
        faults: By the id of an event of the script, the fault that noise has given it.
        noise_failures: What went wrong with events that only noise has brought, a sentence each.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.defects: list[str] = []
        self.faults: dict[str, str] = {}
        self.scripted_failures = ScriptedFailures()
        self.noise_failures: list[str] = []
        self._scheduled: dict[str, AbstractEvent] = {}
        self._done: set[str] = set()
        self._expired: set[str] = set()
        self._stopped = False
        self._off_the_record = False

    def schedule(self, events: AbstractEvent | list[AbstractEvent]) -> None:
        """Register the scenario's events; those without dependencies are due from the start.

        Raises:
            ScenarioDefect: If two events have one id, of which only the first would ever happen.
        """
        events = self._get_events_to_schedule(events)
        for event in events:
            if event.event_id in self._scheduled:
                places = " and ".join(filter(None, (made_at(self._scheduled[event.event_id]), made_at(event))))
                at = f" ({places})" if places else ""
                raise ScenarioDefect(
                    f"two events have the id {event.event_id!r}; only the first would happen; "
                    f"give each an id of its own{at}"
                )
            self._scheduled[event.event_id] = event
        self.event_queue.number(events)
        self.events_to_schedule.extend(event for event in events if self._happens(event))

    def process_event(self, event: AbstractEvent) -> list[AbstractEvent]:
        """Let one event happen and return the events that it makes due.

        An event of the script that raises is noted in `defects`; it counts as having happened, as in ARE, so that what
        depends on it is seen too.

        Raises:
            ValidationException: If a validation event or an agent validator says so.
        """
        if type(event) is ConditionCheckEvent:
            return self._check_condition(event)
        if type(event) is ValidationEvent:
            return self._check_validation(event)
        if type(event) is StopEvent:
            self._stopped = True
            self.stop()
        elif type(event) is AgentValidationEvent:
            validator = event.get_validator()
            validator._start_tick = self.tick_count
            self.agent_action_validators.append(validator)
            return self._happened(event)
        elif type(event) is not OracleEvent:
            self.add_to_log(self._execute(event))
            return self._happened(event)
        elif self.oracle_mode and (made := self._make(event)) is not None:
            self.add_to_log(self._execute(made))
            return self._happened(made)
        return []

    def get_successors(self, event: AbstractEvent) -> list[AbstractEvent]:
        """Return the events that depend on `event` and on nothing else that has yet to happen, with their times."""
        ready = []
        # After `event.depends_on(...).oracle()` a dependency has the plain event, which must not happen itself.
        for successor in [self._scheduled.get(known.event_id, known) for known in event.successors]:
            if self._happens(successor) and all(d.event_id in self._done for d in successor.dependencies):
                successor.compute_absolute_time(self.start_time)
                ready.append(successor)
        return ready

    def _happens(self, event: AbstractEvent) -> bool:
        # In a run with agents, the environment does not play oracle events.
        return self.oracle_mode or type(event) is not OracleEvent

    def answered(self, function: str) -> None:
        """Let events of the world happen that wait for an answer of the user which was created without `oracle()`.

        Args:
            function: The function of the answer that the user has given.
        """
        for event in self._scheduled.values():
            if is_plain_answer(event) and event.event_id not in self._done and event.action_desc.function == function:
                for known in (known for after in event.successors for known in after.dependencies):
                    if known.event_id == event.event_id:
                        known.event_time = self.time_manager.time()
                for successor in self._happened(event):
                    self.event_queue.put(successor)
                return

    def has_happened(self, event: AbstractEvent) -> bool:
        """Return whether an event of the script has happened."""
        return event.event_id in self._done

    def events_left(self) -> list[Event | OracleEvent]:
        """Return the events of the script that have not happened although they should have.

        Oracle events always should, in oracle mode; with agents neither they nor what waits for them are the script's.
        A plain event need not happen after a `StopEvent`, nor behind a condition whose own timeout is over: that it may
        fail to come true is what a timeout is for. Nor need noise happen, or what comes at or after an event that noise
        has changed.
        """
        left = [e for e in self.events_to_schedule if type(e) in (Event, OracleEvent) and e.event_id not in self._done]
        if not self.oracle_mode:
            left = [e for e in left if not any(type(one) is OracleEvent for one in self._waits_for(e))]
        left = [e for e in left if not (is_noise(e) or _is_behind(e, self.faults.keys()))]
        return [e for e in left if type(e) is OracleEvent or not (self._stopped or _is_behind(e, self._expired))]

    def events_missed(self) -> int:
        """Return how many of the events left waited only for their time."""
        return sum(all(type(one) is Event for one in self._waits_for(event)) for event in self.events_left())

    def left_behind(self) -> list[str]:
        """Return a sentence on the events left, if there are any."""
        left = self.events_left()
        names = ", ".join(map(event_name, left))
        return [f"{len(left)} event{'s' * (len(left) > 1)} of the script never happened: {names}"] if left else []

    def _waits_for(self, event: AbstractEvent) -> list[AbstractEvent]:
        """Return an event and all before it that has not happened."""
        # After `event.depends_on(...).oracle()` a dependency has the plain event.
        known = [self._scheduled.get(one.event_id, one) for one in with_dependencies(event)]
        return [one for one in known if one.event_id not in self._done]

    def resolve_arg_placeholders(self, event: Event, past_events: Iterable[CompletedEvent]) -> Event:
        """Replace the placeholders in the arguments of an event; see `resolve`.

        Raises:
            ScenarioDefect: If one names what its event has not returned.
        """
        resolve(event.action, lambda: results_of(past_events), self._scheduled.keys())
        return event

    @contextmanager
    def off_the_record(self) -> Iterator[None]:
        """Log nothing meanwhile: calls of the scenario's checks are no part of the run."""
        before, self._off_the_record = self._off_the_record, True
        try:
            yield
        finally:
            self._off_the_record = before

    def _make(self, event: OracleEvent) -> Event | None:
        try:
            return event.make(self).with_type(EventType.AGENT)
        except Exception as error:  # noqa: BLE001 - the author's code may raise anything
            self._note(event, f"oracle event {event.event_id}", error)
            return None

    def _execute(self, event: Event) -> CompletedEvent:
        metadata, apps = EventMetadata(), list(self.apps.values())
        logged = event.action
        try:
            if unknown := resolve(event.action, self.event_log.results, self._scheduled.keys()):
                raise ScenarioDefect("; ".join(unknown))  # noqa: TRY301 - reported like an exception of the app
            logged = with_own_arguments(event.action, apps)
            if (scripted := self._scripted_failure(event)) is not None:
                logged = replace(logged, function=failing(logged.function, scripted))
                raise scripted  # noqa: TRY301 - logged like an exception of the app
            # The app may keep or change what is passed to it, but for plain values.
            passed = [value for name, value in logged.resolved_args.items() if name != "self"]
            is_plain = ATOMS.issuperset(map(type, passed))
            called = logged if is_plain else with_own_arguments(event.action, apps)
            was_active = EventRegisterer.is_active()
            # Faster than ARE's `disable_events`.
            EventRegisterer.set_active(False)
            try:
                # Events of noise must not change the ids of other events.
                with drawing_apart(event.event_id, event.action.app) if self._is_extra(event) else nullcontext():
                    metadata.return_value = called.execute()
            finally:
                EventRegisterer.set_active(was_active)
        except Exception as error:  # noqa: BLE001 - an exception of an app is a result of the call
            metadata.exception = str(error)
            metadata.exception_stack_trace = traceback.format_exc()
            if not is_scripted(logged):
                self._note(event, f"{event.action.app_name}.{event.action.function_name}", error)
        return CompletedEvent(
            event_type=EventType.USER if is_users_own(event) else event.event_type,
            action=logged,
            event_time=event.event_time,
            event_id=event.event_id,
            metadata=metadata,
        )

    def _scripted_failure(self, event: Event) -> Exception | None:
        failures = self.scripted_failures
        if event.event_type is not EventType.AGENT or not failures.has_any or is_users_own(event):
            return None
        return failures.take(event.action.app_name, event.action.function_name)

    def _is_extra(self, event: AbstractEvent) -> bool:
        return is_noise(event) or self.faults.get(event.event_id) == TWICE

    def _happened(self, event: AbstractEvent) -> list[AbstractEvent]:
        self._done.add(event.event_id)
        return self.get_successors(event)

    def _check_condition(self, event: ConditionCheckEvent) -> list[AbstractEvent]:
        try:
            with self.off_the_record():
                true, completed = event.check(self)
        except Exception as error:  # noqa: BLE001 - the author's code may raise anything
            self._note(event, check_name(event), error)
            return []
        self.add_to_log(completed)
        if true:
            return self._happened(event)
        if event.is_timeout():
            self._expired.add(event.event_id)
            return []
        again = event.get_next_check_event(self.time_increment_in_seconds)
        _refuse_standstill(event, again)
        return [again]

    def _check_validation(self, event: ValidationEvent) -> list[AbstractEvent]:
        with self.off_the_record():
            _, completed = event.validate(self)
        self.add_to_log(completed)
        again = event.get_next_event(self.time_increment_in_seconds)
        if again is None:
            return self._happened(event)
        _refuse_standstill(event, again)
        # ARE leaves them behind.
        again.successors = event.successors
        return [again]

    def _note(self, event: AbstractEvent, what: str, error: Exception) -> None:
        when = f"+{event.event_time - self.start_time:.10g} s"
        sentences = self.noise_failures if self._is_extra(event) else self.defects
        sentences.append(f"{when}: {what}: {type(error).__name__}: {error}")


def happened_by_itself(event: CompletedEvent) -> bool:
    """Return whether an event of the log is neither noise nor the check of a condition that is false."""
    if is_noise(event):
        return False
    return event.event_type != EventType.CONDITION or bool(event.metadata.return_value)


def _is_behind(event: AbstractEvent, ids: Set[str]) -> bool:
    return any(one.event_id in ids for one in with_dependencies(event))


def _refuse_standstill(event: AbstractEvent, again: AbstractEvent) -> None:
    if again.event_time <= event.event_time:
        raise ScenarioDefect(
            f"{check_name(event)} is asked every {event.schedule_every_ticks} ticks; it must be at least 1, "
            "or time never moves"
        )
