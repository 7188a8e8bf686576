"""The environment: a phone whose apps live in simulated time."""

from __future__ import annotations

import math
import re
from copy import copy
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from are.simulation.environment import EnvironmentConfig, logger
from are.simulation.types import Action, EnvironmentState, EnvironmentType, EventType, ValidationException

from pytest_pare.apps.core import StatefulApp
from pytest_pare.apps.files import NoFiles
from pytest_pare.are.copies import detached
from pytest_pare.are.world import SimulatedClock, active_clock
from pytest_pare.scenarios.events import check_name
from pytest_pare.scenarios.noise.events import is_noise
from pytest_pare.simulation.consent import Consent
from pytest_pare.simulation.event_scheduler import ScriptedEnvironment, happened_by_itself, is_repeated_check
from pytest_pare.simulation.limits import Limits
from pytest_pare.simulation.notifications import FOR_AGENT, FOR_USER, PARENotificationSystem
from pytest_pare.simulation.phone import Phone
from pytest_pare.simulation.queues import SimulatedEventLog, SimulatedEventQueue, TimeOrdered
from pytest_pare.simulation.trace import ENV_EVENT, EngineCall, TraceEvent, trace_event

if TYPE_CHECKING:
    from collections.abc import Callable

    from are.simulation.apps.app import App
    from are.simulation.types import CompletedEvent

    from pytest_pare.scenarios.scenario import PAREScenario

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class StateAwareEnvironmentWrapper(Phone, ScriptedEnvironment):
    """ARE's environment on a simulated clock: no thread, no sleep, no wall clock.

    The caller's thread is the only one. Time moves in `join`, from event to event, and what has come due happens in the
    order of (time, creation).

    Args:
        config: ARE's configuration: `start_time` (epoch seconds), `duration` and `time_increment_in_seconds` (simulated
            seconds) and `oracle_mode` count; what concerns ARE's thread, its terminal and its dumps does not.
        environment_type: As in ARE.
        notification_system: What both sides are notified by; a new one if it is not given.
        add_event_to_agent_log: As in ARE.
        clock: The clock to live by. If it is not given: one that begins at the start time of `config`, else the clock
            of the active world, else one that begins at 0; `run` changes to the clock of its scenario.
        limits: How long the run may last.
        oracle_mode: Play the scenario's oracle events; without agents.
        consent: What the agent has proposed, and whether it may write.

    Attributes:
        failure: Why a validation event or an agent validator of the scenario's ended the run, or `None`.
        trace_entries: What has happened, as it was when it happened, and what was asked of engines.
        consent: What the agent has proposed, and whether it may write; `None` without agents.
        turn: The turn that is played; `None` without agents.
    """

    state: EnvironmentState

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
        self._live_by(clock)
        self.limits = limits or Limits()
        self.event_log = SimulatedEventLog()
        self.event_queue = SimulatedEventQueue()
        self.active_app = None
        self.background_apps = []
        self.failure: str | None = None
        self.trace_entries = TimeOrdered[TraceEvent | EngineCall](attrgetter("time"))
        self.consent = consent
        self.turn: int | None = None
        self._screen: str | None = None

    # -- the life of a run

    def run(self, scenario: PAREScenario, wait_for_end: bool = True, schedule_events: bool = True) -> None:
        """Put the scenario's apps and events into this environment and start it.

        Raises:
            RuntimeError: If the scenario is not initialized.
            ScenarioTimeoutError: With `wait_for_end`, if a limit is reached.
        """
        if not scenario._initialized:
            raise RuntimeError(f"{scenario.scenario_id}: call initialize() before the scenario is run")
        if self._has_own_clock:
            scenario.world.clock.reset(self._given_start_time)
            self._live_by(scenario.world.clock)
        self.duration = scenario.duration
        self.faults = scenario._faults
        self.time_increment_in_seconds = scenario.time_increment_in_seconds
        with scenario.world.active():
            self.register_apps(scenario.apps or [])
            if schedule_events:
                self.schedule(scenario.events)
            self.start()
            if wait_for_end:
                self.join()

    def _live_by(self, clock: SimulatedClock) -> None:
        self.time_manager = clock
        self.start_time = self.current_time = clock.time()
        self.notification_system.initialize(clock)

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
            if is_repeated_check(event):
                self.limits.wait(event.event_time - self.time_manager.time(), f"{check_name(event)} has not come true")
            self.advance_to(event.event_time)
        self._finish()

    @property
    def is_over(self) -> bool:
        """Whether the world has come to its end: it was stopped, has failed, or its duration is over."""
        return self.stop_event.is_set() or self.time_manager.time() >= self._end()

    def pass_time(self, seconds: float, what: str, *, counted: float | None = None) -> None:
        """Let `seconds` of simulated time pass, but not more than the world lasts.

        Args:
            seconds: How many.
            what: Why, for the message of the error.
            counted: How many of them count against the limit; `None` is all.

        Raises:
            ScenarioTimeoutError: If a limit is reached.
        """
        before = self.time_manager.time()
        self.advance_to(min(before + seconds, self._end()))
        passed = self.time_manager.time() - before
        self.limits.wait(passed if counted is None else min(passed, counted), what)

    def is_news_waiting(self) -> bool:
        """Return whether news other than noise has arrived that the user or the agent gets only in its next turn."""
        return bool(self.notification_system.has_news(FOR_USER | FOR_AGENT, noise=False))

    def can_anything_happen(self) -> bool:
        """Tell whether something will happen, or may, without anybody acting; noise is nothing."""
        return any(self._coming()[:2])

    def is_noise_to_come(self) -> bool:
        """Tell whether noise has still to come."""
        return bool(self._coming()[2])

    def happens_before(self, timestamp: float) -> bool:
        """Tell whether the agent has news, or something is sure to happen before `timestamp` (epoch seconds).

        Noise is neither: nobody need act on it.
        """
        sure, _, _ = self._coming()
        return self.notification_system.has_news(FOR_AGENT, noise=False) or min(sure, default=timestamp) < timestamp

    def _coming(self) -> tuple[list[float], list[float], list[float]]:
        """Return when something is sure to happen, when a condition is asked again, and when there is noise."""
        reminder = self.notification_system.next_reminder_time()
        sure: list[float] = [] if reminder is None else [reminder]
        asked: list[float] = []
        noise: list[float] = []
        for event in self.event_queue.future_events:
            (noise if is_noise(event) else asked if is_repeated_check(event) else sure).append(event.event_time)
        return sure, asked, noise

    def jump_to_what_happens(self, users_time: float | None = None) -> float:
        """Let time pass to what happens next by itself, and return how many seconds that were; 0.0 for nothing.

        That is the next event of the script that is no repeated check, or the next reminder. Conditions are asked on
        the way; where nothing but conditions is left, each is asked once more. Noise comes on the way, and ends no
        jump: it would cost turns. Where nothing but noise is left, all of it comes.

        Args:
            users_time: When the user is to have its turn, in epoch seconds: time does not jump past it.

        Raises:
            ScenarioTimeoutError: If a limit is reached. Only time in which conditions are asked again counts against
                the simulated one.
        """
        before, log = self.time_manager.time(), self.event_log.past_events
        sure, asked, noise = self._coming()
        target = min(min(sure) if sure else max(asked or noise, default=before), self._end())
        if users_time is not None:
            target = min(target, max(users_time, before))
        while not self.is_over and self.time_manager.time() < target:
            now, following, known = self.time_manager.time(), self.event_queue.peek(), len(log)
            until = target if following is None else min(target, following.event_time)
            if following is not None and is_repeated_check(following):
                self.limits.wait(until - now, f"{check_name(following)} has not come true")
            self.advance_to(until)
            if any(happened_by_itself(log[index]) for index in range(known, len(log))):
                break
        return self.time_manager.time() - before

    def finish(self) -> None:
        """End the world, if it has not ended, with the checks that the scenario has left for the end."""
        with self.off_the_record():
            self._finish()

    def _end(self) -> float:
        return math.inf if self.duration is None else self.start_time + self.duration

    def advance_to(self, timestamp: float) -> None:
        """Let time pass up to `timestamp` (epoch seconds), and everything happen, at its time, that comes due in it.

        Raises:
            ScenarioTimeoutError: If the wall-clock limit is reached.
        """
        while not self.stop_event.is_set():
            self.limits.check()
            times = (self.get_next_event_time(), self.notification_system.next_reminder_time())
            self.time_manager.advance_to(min([timestamp, *(time for time in times if time is not None)]))
            self.tick()
            if self.time_manager.time() >= timestamp:
                break

    def stop(self, final_state: EnvironmentState = EnvironmentState.STOPPED) -> None:
        """End the simulation and tell both sides."""
        self.stop_event.set()
        self.state = final_state
        self.notification_system.announce_stop(f"The simulation has ended ({final_state.value.lower()}).")

    def tick(self) -> None:
        """Let everything happen that has come due."""
        self.current_time = self.time_manager.time()
        # As in ARE, the timeouts of validators are counted in ticks, and a tick is a length of time.
        self.tick_count = math.ceil(self.time_manager.time_passed() / self.time_increment_in_seconds)
        self.increment_validators_tick_count()
        with self.off_the_record():
            self.notification_system.handle_time_based_notifications()
        while not self.stop_event.is_set() and (event := self.event_queue.peek()) is not None:
            if event.event_time > self.current_time:
                break
            self.limits.check()
            event = self.event_queue.future_events.get()
            # One that is late, because something before it took its time, happens now.
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
        """Let time pass until the agent has a notification, or its wait is over without one.

        Raises:
            ScenarioTimeoutError: If a limit is reached. Only a wait for nothing counts against the simulated one.
        """
        system_app = self._home()
        if self.oracle_mode:
            # Nobody takes notifications out of the queue, and the old ones would end every wait at once.
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
                # Not by asking for news: that nothing happened is some, too.
                if not self.oracle_mode:
                    self.limits.wait(self.time_manager.time() - began, "the agent has waited and nothing has happened")
        finally:
            system_app.reset_wait_for_notification_timeout()

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
            self.advance_to(self.time_manager.time() + offset)

    def add_to_log(self, events: CompletedEvent | list[CompletedEvent]) -> None:
        """Log what has happened, check it with the scenario's agent validators, and notify."""
        if self._off_the_record:
            return
        for event in events if isinstance(events, list) else [events]:
            self.event_log.put(event)
            # At once: what a call returned may be a live object, which later calls change.
            returned = event.metadata.return_value
            if isinstance(event.action, Action):
                event.metadata.return_value = detached(returned, self.apps.values())
            entry = trace_event(event, self.start_time, turn=self.turn, mode=self._mode(), screen=self._screen)
            if (fault := ENV_EVENT if is_noise(event) else self.faults.get(event.event_id)) is not None:
                entry = replace(entry, fault=fault)
            if event.event_type == EventType.AGENT:
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
            self.trace_entries.put(replace(entry, screen_after=self._screen))
            if self.consent is not None:
                self.consent.handle(event, self.turn)

    def _mode(self) -> str | None:
        return None if self.consent is None else self.consent.mode.value

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

    # -- words

    def _log(self, message: str, level: str, color: str, attrs: list[str] | None = None) -> None:
        # ARE colours and dates every line before it asks whether anybody wants it.
        if logger.isEnabledFor(_LEVELS[level]):
            super()._log(message, level, color, attrs)


def _check_type(argument: str, given: object, expected: type) -> None:
    if given is not None and not isinstance(given, expected):
        raise TypeError(
            f"StateAwareEnvironmentWrapper: {argument} must be {expected.__name__}, got {type(given).__name__}"
        )
