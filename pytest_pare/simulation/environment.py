"""The environment: a phone whose apps live in simulated time."""

from __future__ import annotations

import re
import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from are.simulation.environment import Environment, EnvironmentConfig, logger
from are.simulation.notification_system import VerboseNotificationSystem
from are.simulation.types import (
    AgentValidationEvent,
    CompletedEvent,
    ConditionCheckEvent,
    EnvironmentState,
    EnvironmentType,
    Event,
    EventMetadata,
    EventType,
    OracleEvent,
    StopEvent,
    ValidationEvent,
    ValidationException,
    disable_events,
)

from pytest_pare.apps.core import StatefulApp
from pytest_pare.apps.system import HomeScreenSystemApp
from pytest_pare.scenarios.errors import ScenarioDefect, ScenarioTimeoutError
from pytest_pare.simulation.queues import SimulatedEventLog, SimulatedEventQueue, SimulatedMessageQueue

if TYPE_CHECKING:
    from are.simulation.apps.app import App
    from are.simulation.types import AbstractEvent

    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.world import SimulatedClock

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}")


@dataclass
class Limits:
    """How long a run may last.

    Attributes:
        max_scenario_duration: Simulated seconds. The jump to an event that is scheduled anyway does not count; time that
            passes by asking a condition again does.
        timeout_seconds: Wall-clock seconds, or `None` for no limit.
    """

    max_scenario_duration: float = 600.0
    timeout_seconds: float | None = None
    _waited: float = 0.0
    _began: float = field(default_factory=time.monotonic)

    def wait(self, seconds: float, what: str) -> None:
        """Count `seconds` of simulated time that pass by waiting for `what`.

        Raises:
            ScenarioTimeoutError: If more than `max_scenario_duration` has been waited in all.
        """
        self._waited += max(0.0, seconds)
        if self._waited > self.max_scenario_duration:
            raise ScenarioTimeoutError(
                f"{what} has not come true within {self.max_scenario_duration:g} simulated seconds "
                "(max_scenario_duration)"
            )

    def check(self) -> None:
        """Raise `ScenarioTimeoutError` if the wall-clock limit is over."""
        if self.timeout_seconds is not None and time.monotonic() - self._began > self.timeout_seconds:
            raise ScenarioTimeoutError(
                f"the run took longer than {self.timeout_seconds:g} s of real time (timeout_seconds)"
            )


class StateAwareEnvironmentWrapper(Environment):
    """ARE's environment on a simulated clock: no thread, no sleep, no wall clock.

    The caller's thread is the only one. Time moves in `join`, from event to event, and what has come due happens in the
    order of (time, creation).

    Args:
        clock: The clock of the scenario's world.
        limits: How long the run may last.
        oracle_mode: Play the scenario's oracle events; without agents.

    Attributes:
        active_app: The app on the screen.
        background_apps: Names of the apps that were left open, the last one last.
        defects: What went wrong in the scenario's own script, a sentence each.
    """

    def __init__(self, clock: SimulatedClock, limits: Limits | None = None, *, oracle_mode: bool = False) -> None:
        super().__init__(
            EnvironmentConfig(start_time=clock.time(), oracle_mode=oracle_mode, duration=None),
            environment_type=EnvironmentType.CLI,
            notification_system=VerboseNotificationSystem(),
        )
        self.time_manager = clock
        self.current_time = clock.time()
        self.limits = limits or Limits()
        self.event_log = SimulatedEventLog()
        self.event_queue = SimulatedEventQueue()
        self.notification_system.message_queue = SimulatedMessageQueue()
        self.notification_system.initialize(clock)
        self.active_app: App | None = None
        self.background_apps: list[str] = []
        self.defects: list[str] = []
        self._done: set[str] = set()

    # -- the life of a run

    def run(self, scenario: PAREScenario, wait_for_end: bool = True, schedule_events: bool = True) -> None:
        """Put the scenario's apps and events into this environment and start it.

        Raises:
            RuntimeError: If the scenario is not initialized.
            ScenarioTimeoutError: With `wait_for_end`, if a limit is reached.
        """
        if not scenario._initialized:
            raise RuntimeError(f"{scenario.scenario_id}: call initialize() before the scenario is run")
        self.duration = scenario.duration
        self.time_increment_in_seconds = scenario.time_increment_in_seconds
        self.register_apps(scenario.apps or [])
        if schedule_events:
            self.schedule(scenario.events)
        self.start()
        if wait_for_end:
            self.join()

    def schedule(self, events: AbstractEvent | list[AbstractEvent]) -> None:
        """Note the scenario's events; those that depend on nothing are due from the start.

        Raises:
            ScenarioDefect: If two events have one id, of which only the first would ever happen.
        """
        events = self._get_events_to_schedule(events)
        ids = {event.event_id for event in self.events_to_schedule}
        for event in events:
            if event.event_id in ids:
                raise ScenarioDefect(f"two events have the id {event.event_id!r}; only the first would happen")
            ids.add(event.event_id)
        self.event_queue.number(events)
        self.events_to_schedule.extend(events)

    def start(self, debug: bool = False) -> None:
        """Begin; nothing happens before time moves."""
        if self.state != EnvironmentState.RUNNING:
            self.state = EnvironmentState.RUNNING
            self.prepare_events_for_start()

    def join(self) -> None:
        """Let time pass until nothing more will happen, the scenario's duration is over, or a limit is reached.

        Raises:
            ScenarioTimeoutError: If a limit is reached.
        """
        while not self.stop_event.is_set() and (event := self.event_queue.peek()) is not None:
            if self.duration is not None and event.event_time > self.start_time + self.duration:
                break
            self.limits.check()
            if _is_repeated_check(event):
                waited = event.event_time - self.time_manager.time()
                self.limits.wait(waited, f"condition {event.action.function_name!r}")
            self.time_manager.advance_to(event.event_time)
            self.tick()
        self._finish()

    def tick(self) -> None:
        """Let everything happen that has come due."""
        self.current_time = self.time_manager.time()
        self.tick_count += 1
        self.increment_validators_tick_count()
        self.notification_system.handle_time_based_notifications()
        while not self.stop_event.is_set() and (event := self.event_queue.peek()) is not None:
            if event.event_time > self.current_time:
                break
            self.limits.check()
            try:
                for successor in self.process_event(self.event_queue.future_events.get()):
                    self.event_queue.put(successor)
            except ValidationException as failure:
                self.log_error(f"Validation failed: {failure}")
                self.stop(final_state=EnvironmentState.FAILED)
        self.notification_system.handle_timeout_after_events()

    def _finish(self) -> None:
        if self.state == EnvironmentState.FAILED:
            return
        try:
            self.final_validation_checks()
            self.state = EnvironmentState.STOPPED
        except ValidationException as failure:
            self.log_error(f"Final validation failed: {failure}")
            self.state = EnvironmentState.FAILED

    def pause(self) -> None:
        """Mark the environment as paused: while an engine thinks, nothing happens."""
        if self.state == EnvironmentState.RUNNING:
            self.state = EnvironmentState.PAUSED
            self.time_manager.pause()

    def resume(self) -> None:
        """Take the mark of `pause` away."""
        if self.state == EnvironmentState.PAUSED:
            self.state = EnvironmentState.RUNNING
            self.time_manager.resume()

    def resume_with_offset(self, offset: float) -> None:
        """Go on after `offset` seconds of simulated time, and let happen what has come due in them."""
        if self.state == EnvironmentState.PAUSED:
            self.resume()
            self.time_manager.advance(offset)
            self.tick()

    # -- events

    def process_event(self, event: AbstractEvent) -> list[AbstractEvent]:
        """Let one event happen and return the events that it makes due.

        An event of the script that raises is noted in `defects`; it counts as having happened, as in ARE, so that what
        depends on it is seen too.

        Raises:
            ValidationException: If a validation event or an agent validator says so.
        """
        if type(event) is StopEvent:
            self.stop()
            return []
        if type(event) is ConditionCheckEvent:
            return self._check_condition(event)
        if type(event) is ValidationEvent:
            _, completed = event.validate(self)
            self.add_to_log(completed)
            following = event.get_next_event(self.time_increment_in_seconds)
            return [] if following is None else [following]
        if type(event) is AgentValidationEvent:
            validator = event.get_validator()
            validator._start_tick = self.tick_count
            self.agent_action_validators.append(validator)
            return []
        if type(event) is OracleEvent:
            if not self.oracle_mode:
                return []
            try:
                event = event.make(self).with_type(EventType.AGENT)
            except Exception as error:  # noqa: BLE001 - the author's code may raise anything
                self.defects.append(f"{self._when(event)}: oracle event {event.event_id}: {_sentence(error)}")
                return []
        self.add_to_log(self._execute(event))
        self._done.add(event.event_id)
        return self.get_successors(event)

    def _execute(self, event: Event) -> CompletedEvent:
        metadata = EventMetadata()
        try:
            self.resolve_arg_placeholders(event, self.event_log.list_view())
            self._refuse_unresolved(event)
            with disable_events():
                metadata.return_value = event.action.execute()
        except Exception as error:  # noqa: BLE001 - whatever an app raises is a result of the call
            metadata.exception = str(error)
            metadata.exception_stack_trace = traceback.format_exc()
            self.defects.append(f"{self._when(event)}: {_call(event)}: {_sentence(error)}")
        return CompletedEvent(
            event_type=EventType.USER if _is_users_own(event) else event.event_type,
            action=event.action,
            event_time=event.event_time,
            event_id=event.event_id,
            metadata=metadata,
        )

    def _refuse_unresolved(self, event: Event) -> None:
        for name, value in event.action.resolved_args.items():
            if isinstance(value, str) and value == event.action.args[name] and _PLACEHOLDER.fullmatch(value.strip()):
                raise ScenarioDefect(f"argument {name}: {value} names nothing that has happened")

    def _check_condition(self, event: ConditionCheckEvent) -> list[AbstractEvent]:
        try:
            true, completed = event.check(self)
        except Exception as error:  # noqa: BLE001 - the author's code may raise anything
            self.defects.append(f"{self._when(event)}: condition {event.action.function_name!r}: {_sentence(error)}")
            return []
        self.add_to_log(completed)
        if true:
            self._done.add(event.event_id)
            return self.get_successors(event)
        if event.is_timeout():
            return []
        again = event.get_next_check_event(self.time_increment_in_seconds)
        if again.event_time <= event.event_time:
            raise ScenarioDefect(
                f"condition {event.action.function_name!r} is asked every {event.schedule_every_ticks} ticks; "
                "it must be at least 1, or time never moves"
            )
        return [again]

    def get_successors(self, event: AbstractEvent) -> list[AbstractEvent]:
        """Return the events that depend on `event` and on nothing else that has yet to happen, with their times."""
        ready = []
        for successor in event.successors:
            if all(dependency.event_id in self._done for dependency in successor.dependencies):
                successor.compute_absolute_time(self.start_time)
                ready.append(successor)
        return ready

    def oracle_events_left(self) -> list[OracleEvent]:
        """Return the oracle events that have not happened."""
        return [e for e in self.events_to_schedule if type(e) is OracleEvent and e.event_id not in self._done]

    def add_to_log(self, events: CompletedEvent | list[CompletedEvent]) -> None:
        """Log what has happened, check it with the scenario's agent validators, and notify."""
        for event in events if isinstance(events, list) else [events]:
            self.event_log.put(event)
            if event.event_type == EventType.AGENT:
                try:
                    self.validate_agent_action(event)
                except ValidationException as failure:
                    self.log_error(f"Agent validation failed: {failure}")
                    self.stop(final_state=EnvironmentState.FAILED)
                    return
            self.notification_system.handle_event(event)

    # -- the phone

    def register_apps(self, apps: list[App]) -> None:
        """Connect apps to the clock, the log and the home screen.

        Raises:
            ScenarioDefect: If there is no `HomeScreenSystemApp` among them.
        """
        super().register_apps(apps)
        home = self.get_app_with_class(HomeScreenSystemApp)
        if home is None:
            raise ScenarioDefect("the scenario has no HomeScreenSystemApp; add one to self.apps")
        home.set_callbacks(self.switch_app, self.open_app, self.go_home)
        self.active_app = self.active_app or home

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
        home = self.get_app_with_class(HomeScreenSystemApp)
        if self.active_app is home:
            return "The home screen is already shown."
        self._show(home)
        return "The home screen is shown."

    def _openable(self, app_name: str) -> StatefulApp:
        if app_name not in self.apps:
            raise KeyError(f"no app is named {app_name!r}; there are {', '.join(sorted(self.apps))}")
        app = self.apps[app_name]
        if not isinstance(app, StatefulApp):
            raise TypeError(f"{app_name} is not an app that can be opened")
        return app

    def _show(self, app: App | None) -> None:
        if isinstance(self.active_app, StatefulApp):
            self.background_apps.append(self.active_app.name)
        if app is not None and app.name in self.background_apps:
            self.background_apps.remove(app.name)
        self.active_app = app

    # -- words

    def _when(self, event: AbstractEvent) -> str:
        return f"+{(event.event_time or self.start_time) - self.start_time:g} s"

    def _log(self, message: str, level: str, color: str, attrs: list[str] | None = None) -> None:
        # ARE colours and dates every line before it asks whether anybody wants it.
        if logger.isEnabledFor(_LEVELS[level]):
            super()._log(message, level, color, attrs)


def _is_repeated_check(event: Any) -> bool:
    return isinstance(event, ConditionCheckEvent | ValidationEvent) and event._internal_check_count > 0


def _is_users_own(event: Event) -> bool:
    """Tell whether the event calls what only a user can do, as accept_proposal: it is the user's in every mode."""
    method = getattr(type(event.action.app), event.action.function_name, None)
    return bool(getattr(method, "_is_user_tool", False))


def _call(event: Event) -> str:
    return f"{event.action.app_name}.{event.action.function_name}"


def _sentence(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
