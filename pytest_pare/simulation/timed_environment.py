"""Simulated time: how far it moves, and which events happen meanwhile."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from are.simulation.types import EnvironmentState

from pytest_pare.scenarios.events import check_name
from pytest_pare.simulation.event_queue import Coming, is_repeated_check
from pytest_pare.simulation.event_scheduler import ScriptedEnvironment, happened_by_itself
from pytest_pare.simulation.notifications import FOR_AGENT, FOR_USER

if TYPE_CHECKING:
    from pytest_pare.are.world import SimulatedClock
    from pytest_pare.simulation.event_queue import SimulatedEventQueue
    from pytest_pare.simulation.limits import Limits
    from pytest_pare.simulation.notifications import PARENotificationSystem


_REPEATED = (Coming.REPEATED_CONDITION, Coming.REPEATED_VALIDATION)


class TimedEnvironment(ScriptedEnvironment):
    """The part of the environment that lets simulated time pass.

    Attributes:
        state: ARE's state of the environment.
        limits: How long the run may last.
        event_queue: The events to come.
        time_manager: The simulated clock.
        notification_system: Notifies both sides.
    """

    state: EnvironmentState
    limits: Limits
    event_queue: SimulatedEventQueue
    time_manager: SimulatedClock
    notification_system: PARENotificationSystem

    @property
    def is_over(self) -> bool:
        """Whether the world has ended: it was stopped, has failed, or its duration is over."""
        if self.stop_event.is_set():
            return True
        return self.duration is not None and self.time_manager.time() >= self._end()

    def pass_time(self, seconds: float, what: str, *, counted: float | None = None) -> None:
        """Let simulated time pass, at most until the end of the world.

        Args:
            seconds: How much time passes.
            what: The reason, for the message of the error.
            counted: How many of the seconds count against the limit; `None` is all.

        Raises:
            ScenarioTimeoutError: If a limit is reached.
        """
        before = self.time_manager.time()
        self.advance_to(min(before + seconds, self._end()))
        passed = self.time_manager.time() - before
        self.limits.wait(passed if counted is None else min(passed, counted), what)

    def is_news_waiting(self) -> bool:
        """Return whether the user or the agent has a new notification that is no noise."""
        return bool(self.notification_system.has_news(FOR_USER | FOR_AGENT, noise=False))

    def can_anything_happen(self) -> bool:
        """Return whether an event or reminder is left, or a condition that may come true. Noise does not count."""
        future = self.event_queue.future_events
        return self._next_sure_time() is not None or future.has(*_REPEATED)

    def is_noise_to_come(self) -> bool:
        """Return whether events are left that are noise."""
        return self.event_queue.future_events.has(Coming.NOISE)

    def happens_before(self, timestamp: float) -> bool:
        """Return whether the agent has a notification, or an event comes for sure before a time. Noise does not count.

        Args:
            timestamp: The time in epoch seconds.
        """
        sure = self._next_sure_time()
        has_news = self.notification_system.has_news(FOR_AGENT, noise=False)
        return has_news or (sure is not None and sure < timestamp)

    def _next_sure_time(self) -> float | None:
        """Return when the next reminder, or event that comes for sure, is due; `None` without one."""
        reminder = self.notification_system.next_reminder_time()
        event = self.event_queue.future_events.first_time(Coming.EVENT, Coming.CONDITION)
        if reminder is None or event is None:
            return event if reminder is None else reminder
        return min(reminder, event)

    def jump_to_next_event(self, users_time: float | None = None) -> float:
        """Let time pass to the next event or reminder, and return the seconds that have passed; 0.0 without one.

        Conditions are checked on the way and do not end the jump; if only conditions are left, each is checked once
        more. Noise comes on the way and does not end the jump either, because that would cost turns; if only noise is
        left, all of it comes.

        Args:
            users_time: When the user has to act, in epoch seconds: time does not jump past it.

        Raises:
            ScenarioTimeoutError: If a limit is reached. Only time in which conditions are checked again counts against
                the simulated limit.
        """
        before, log = self.time_manager.time(), self.event_log.past_events
        target = min(self._time_of_jump(), self._end())
        if users_time is not None:
            target = min(target, max(users_time, before))
        while not self.is_over and self.time_manager.time() < target:
            now, following, known = self.time_manager.time(), self.event_queue.peek(), len(log)
            until = target if following is None else min(target, following.event_time)
            if following is not None and is_repeated_check(following):
                self.limits.wait(until - now, f"{check_name(following)} has not come true")
            self.advance_to(until)
            if any(map(happened_by_itself, log.since(known))):
                break
        return self.time_manager.time() - before

    def _time_of_jump(self) -> float:
        """Return up to when time may pass until something happens; the present time if nothing is left."""
        future = self.event_queue.future_events
        if (sure := self._next_sure_time()) is not None:
            return sure
        times = (future.last_time(*_REPEATED), future.last_time(Coming.NOISE))
        return next((time for time in times if time is not None), self.time_manager.time())

    def advance_to(self, timestamp: float) -> None:
        """Let time pass up to `timestamp` (epoch seconds), and each event happen at its time.

        Raises:
            ScenarioTimeoutError: If the wall-clock limit is reached.
        """
        while not self.stop_event.is_set():
            self.limits.check()
            event, reminder = self.event_queue.future_events.peek(), self.notification_system.next_reminder_time()
            until = timestamp if event is None else min(timestamp, event.event_time)
            self.time_manager.advance_to(until if reminder is None else min(until, reminder))
            self.tick()
            if self.time_manager.time() >= timestamp:
                break

    def pause(self) -> None:
        """Mark the environment as paused, while an engine answers."""
        if self.state == EnvironmentState.RUNNING:
            self.state = EnvironmentState.PAUSED
            self.time_manager.pause()

    def resume(self) -> None:
        """Remove the mark of `pause`."""
        if self.state == EnvironmentState.PAUSED:
            self.state = EnvironmentState.RUNNING
            self.time_manager.resume()

    def resume_with_offset(self, offset: float) -> None:
        """Go on after `offset` seconds of simulated time, with the events that are due in them."""
        if self.state == EnvironmentState.PAUSED:
            self.resume()
            self.advance_to(self.time_manager.time() + offset)

    def _end(self) -> float:
        return math.inf if self.duration is None else self.start_time + self.duration
