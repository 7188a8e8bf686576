"""The environment: a phone whose apps run in simulated time."""

from __future__ import annotations

import math
import re
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from are.simulation.environment import EnvironmentConfig, logger
from are.simulation.types import Action, EnvironmentState, EnvironmentType, EventType, ValidationException

from pytest_pare.apps.core import StatefulApp
from pytest_pare.apps.files import NoFiles
from pytest_pare.are.snapshots import with_own_result
from pytest_pare.are.world import SimulatedClock, active_clock
from pytest_pare.scenarios.events import check_name
from pytest_pare.scenarios.noise.marks import is_noise
from pytest_pare.simulation.consent import Consent
from pytest_pare.simulation.event_queue import SimulatedEventQueue, is_repeated_check
from pytest_pare.simulation.limits import Limits
from pytest_pare.simulation.notifications import FOR_AGENT, PARENotificationSystem
from pytest_pare.simulation.phone import Phone
from pytest_pare.simulation.queues import SimulatedEventLog, TraceEntries
from pytest_pare.simulation.timed_environment import TimedEnvironment
from pytest_pare.simulation.trace_entries import ENV_EVENT, trace_event

if TYPE_CHECKING:
    from collections.abc import Callable

    from are.simulation.apps.app import App
    from are.simulation.types import CompletedEvent

    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.trace_details import Notified

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class StateAwareEnvironmentWrapper(Phone, TimedEnvironment):
    """ARE's environment on a simulated clock: no thread, no sleep, no wall clock.

    It runs in the caller's thread. Time moves in `join`, from event to event, and due events happen in the order of
    (time, creation).

    Args:
        config: ARE's configuration. `start_time` (epoch seconds), `duration` and `time_increment_in_seconds` (simulated
            seconds) and `oracle_mode` have an effect; ARE's thread, terminal and dumps do not exist here.
        environment_type: As in ARE.
        notification_system: Notifies both sides; by default a new one.
        add_event_to_agent_log: As in ARE.
        clock: The simulated clock. By default one that begins at the start time of `config`, else the clock of the
            active world, else one that begins at 0; `run` changes to the clock of its scenario.
        limits: How long the run may last.
        oracle_mode: Play the scenario's oracle events; without agents.
        consent: The state of the agent's last proposal, and whether the agent may write.

    Attributes:
        failure: Why a validation event or an agent validator of the scenario ended the run, or `None`.
        trace_entries: All events and engine calls, with the values of their time.
        notified: The notifications of each side in its turns.
        consent: The state of the agent's last proposal, and whether the agent may write; `None` without agents.
        turn: The present turn; `None` without agents.
    """

    def __init__(
        self,
        config: EnvironmentConfig | None = None,
        environment_type: EnvironmentType = EnvironmentType.CLI,
        notification_system: PARENotificationSystem | None = None,
        add_event_to_agent_log: Callable[[CompletedEvent], None] | None = None,
        *,
        clock: SimulatedClock | None = None,
        limits: Limits | None = None,
        oracle_mode: bool = False,
        consent: Consent | None = None,
    ) -> None:
        _check_type("config", config, EnvironmentConfig)
        _check_type("notification_system", notification_system, PARENotificationSystem)
        config = config or EnvironmentConfig(duration=None)
        self._given_start_time = config.start_time
        self._has_own_clock = clock is None
        if clock is None:
            clock = active_clock() if config.start_time is None else SimulatedClock(config.start_time)
        clock = clock or SimulatedClock(0.0)
        super().__init__(
            replace(config, start_time=clock.time(), oracle_mode=config.oracle_mode or oracle_mode),
            environment_type=environment_type,
            notification_system=notification_system or PARENotificationSystem(),
            add_event_to_agent_log=add_event_to_agent_log,
        )
        self._use_clock(clock)
        self.limits = limits or Limits()
        self.event_log = SimulatedEventLog()
        self.event_queue = SimulatedEventQueue()
        self.active_app = None
        self.background_apps = []
        self.failure: str | None = None
        self.trace_entries = TraceEntries()
        self.notified: list[Notified] = []
        self.consent = consent
        self.turn: int | None = None
        self._screen: str | None = None

    # -- the life of a run

    def run(self, scenario: PAREScenario, wait_for_end: bool = True, schedule_events: bool = True) -> None:
        """Put the scenario's apps and events into this environment, and start it.

        Raises:
            RuntimeError: If the scenario is not initialized.
            ScenarioTimeoutError: With `wait_for_end`, if a limit is reached.
        """
        if not scenario._initialized:
            raise RuntimeError(f"{scenario.scenario_id}: call initialize() before the scenario is run")
        if self._has_own_clock:
            scenario.world.clock.reset(self._given_start_time)
            self._use_clock(scenario.world.clock)
        self.duration = scenario.duration
        self.faults = scenario._faults
        self.scripted_failures = scenario.scripted_failures
        self.time_increment_in_seconds = scenario.time_increment_in_seconds
        with scenario.world.active():
            self.register_apps(scenario.apps or [])
            if schedule_events:
                self.schedule(scenario.events)
            self.start()
            if wait_for_end:
                self.join()

    def _use_clock(self, clock: SimulatedClock) -> None:
        self.time_manager = clock
        self.start_time = self.current_time = clock.time()
        self.notification_system.initialize(clock)

    def start(self, debug: bool = False) -> None:
        """Start the environment. Events happen once time moves."""
        if self.state != EnvironmentState.RUNNING:
            self.state = EnvironmentState.RUNNING
            self.prepare_events_for_start()

    def join(self) -> None:
        """Let time pass until no event is left, the scenario's duration is over, or a limit is reached.

        Raises:
            ScenarioTimeoutError: If a limit is reached.
        """
        while not self.stop_event.is_set() and (event := self.event_queue.peek()) is not None:
            if self.duration is not None and event.event_time > self.start_time + self.duration:
                break
            if is_repeated_check(event):
                self.limits.wait(event.event_time - self.time_manager.time(), f"{check_name(event)} has not come true")
            self.advance_to(event.event_time)
        self._finish()

    def finish(self) -> None:
        """End the world, unless it has ended, and make the scenario's final checks."""
        with self.off_the_record():
            self._finish()

    def stop(self, final_state: EnvironmentState = EnvironmentState.STOPPED) -> None:
        """End the simulation, and notify both sides."""
        self.stop_event.set()
        self.state = final_state
        self.notification_system.announce_stop(f"The simulation has ended ({final_state.value.lower()}).")

    def tick(self) -> None:
        """Process all events that are due."""
        self.current_time = self.time_manager.time()
        # As in ARE, the timeouts of validators are counted in ticks, and a tick is a length of time.
        passed = self.current_time - self.time_manager.start_time
        self.tick_count = math.ceil(passed / self.time_increment_in_seconds)
        if self.agent_action_validators:
            self.increment_validators_tick_count()
        if self.notification_system.reminder_app is not None:
            with self.off_the_record():
                self.notification_system.handle_time_based_notifications()
        while not self.stop_event.is_set() and (event := self.event_queue.future_events.peek()) is not None:
            if event.event_time > self.current_time:
                break
            event = self.event_queue.future_events.get()
            # An event that is late because an earlier one took time happens now.
            event.event_time = self.current_time
            try:
                for successor in self.process_event(event):
                    self.event_queue.put(successor)
            except ValidationException as failure:
                self._fail(failure)
            self.limits.check()
        self.notification_system.handle_timeout_after_events()

    def _finish(self) -> None:
        if self.state == EnvironmentState.FAILED:
            return
        try:
            self.final_validation_checks()
            self.state = EnvironmentState.STOPPED
        except ValidationException as failure:
            self._fail(failure)

    def _fail(self, failure: ValidationException) -> None:
        # ARE names functions by their `repr`.
        self.failure = _ADDRESS.sub("", str(failure))
        self.log_error(f"Validation failed: {self.failure}")
        self.stop(final_state=EnvironmentState.FAILED)

    def wait_for_next_notification(self) -> None:
        """Let time pass until the agent has a notification, or its wait times out.

        Raises:
            ScenarioTimeoutError: If a limit is reached. Only a wait for nothing counts against the simulated one.
        """
        system_app = self._home_screen
        if self.oracle_mode:
            # Without an agent, old notifications stay in the queue, and would end every wait at once.
            self.notification_system.take(FOR_AGENT)
        began = self.time_manager.time()
        timeout = min(system_app.wait_for_notification_timeout.timeout_timestamp, self._end())
        try:
            while not self.stop_event.is_set() and self.time_manager.time() < timeout:
                if self.notification_system.has_news(FOR_AGENT):
                    break
                following = [self.get_next_event_time(), self.notification_system.next_reminder_time()]
                self.advance_to(min([timeout, *(time for time in following if time is not None)]))
            else:
                # `has_news` would not do: the notification of the timeout is news, too.
                if not self.oracle_mode:
                    self.limits.wait(self.time_manager.time() - began, "the agent has waited and nothing has happened")
        finally:
            system_app.reset_wait_for_notification_timeout()

    def add_to_log(self, events: CompletedEvent | list[CompletedEvent]) -> None:
        """Log events, check them with the scenario's agent validators, and notify both sides."""
        if self._off_the_record:
            return
        for event in events if isinstance(events, list) else [events]:
            if self._is_users and event.event_type == EventType.AGENT:
                event.event_type = EventType.USER
            self.event_log.put(event)
            # Copied at once: the returned object may be one that later calls change.
            returned = event.metadata.return_value
            is_call = isinstance(event.action, Action)
            logged = with_own_result(event.metadata, self.apps.values()) if is_call else event.metadata
            fault = ENV_EVENT if is_noise(event) else self.faults.get(event.event_id)
            mode = None if self.consent is None else self.consent.mode._value_
            entry = trace_event(event, self.start_time, turn=self.turn, mode=mode, screen=self._screen, fault=fault)
            event.metadata = logged
            if event.event_type == EventType.AGENT and self.agent_action_validators:
                try:
                    with self.off_the_record():
                        self.validate_agent_action(event)
                except ValidationException as failure:
                    self.trace_entries.put(entry)
                    self._fail(failure)
                    return
            self.notification_system.handle_event(event)
            if event.event_type == EventType.USER and isinstance(event.action.app, StatefulApp):
                # A screen may show the very object that the app holds.
                shown = copy(event)
                shown.metadata = replace(event.metadata, return_value=returned)
                event.action.app.handle_state_transition(shown)
            self._screen = self.screen
            is_same = entry.screen_after == self._screen
            self.trace_entries.put(entry if is_same else replace(entry, screen_after=self._screen))
            if self.consent is not None and self.consent.handle(event, self.turn):
                self.answered(event.function_name())

    # -- the phone

    def register_apps(self, apps: list[App]) -> None:
        """Connect apps to the clock, the log and the home screen.

        Raises:
            ScenarioDefect: If there is no `HomeScreenSystemApp` among them.
        """
        super().register_apps(apps)
        self.connect_home_screen()
        self._screen = self.screen
        if self.consent is not None:
            for app in apps:
                if getattr(app, "internal_fs", self) is None:
                    app.internal_fs = NoFiles()

    # -- log

    def _log(self, message: str, level: str, color: str, attrs: list[str] | None = None) -> None:
        # ARE formats every line, even if its logger is switched off.
        if logger.isEnabledFor(_LEVELS[level]):
            super()._log(message, level, color, attrs)


def _check_type(argument: str, given: object, expected: type) -> None:
    if given is not None and not isinstance(given, expected):
        raise TypeError(
            f"StateAwareEnvironmentWrapper: {argument} must be {expected.__name__}, got {type(given).__name__}"
        )
