"""The entries of the trace that the turns of a run make or change themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_pare.base.serialization import to_short_builtins, to_short_text
from pytest_pare.simulation.trace_details import Notified
from pytest_pare.simulation.trace_entries import TraceEvent

if TYPE_CHECKING:
    from pytest_pare.agents.protocols import Notification
    from pytest_pare.agents.tools import Tool
    from pytest_pare.simulation.consent import Consent
    from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper


class TurnTrace:
    """Adds calls to the trace that never became events, and sets fields of those that did.

    Args:
        env: The environment of the run.
        consent: The state of the agent's last proposal.
    """

    def __init__(self, env: StateAwareEnvironmentWrapper, consent: Consent) -> None:
        self._env = env
        self._consent = consent

    def last(self, who: str, start: int = 0) -> int | None:
        """Return the index of the last event of `USER` or `AGENT`; `None` if there is none from `start` on."""
        entries = self._env.trace_entries
        indexes = reversed(range(start, len(entries)))
        return next((index for index in indexes if getattr(entries[index], "kind", None) == who), None)

    def change(self, index: int | None, fields: dict[str, Any]) -> None:
        """Set fields of the event at an index; nothing without an index or fields."""
        if fields and index is not None:
            self._env.trace_entries[index] = replace(self._env.trace_entries[index], **fields)

    def add_call(self, tool: Tool, arguments: dict[str, Any], error: Exception | None, who: str) -> None:
        """Add a call of a tool that never became an event: it raised before, or a fault answered in its place."""
        self.add(tool.function, who, tool.app, tool.app_class, arguments, error, tool.operation)

    def add(
        self,
        function: str,
        who: str,
        app: str | None = None,
        app_class: str | None = None,
        arguments: dict[str, Any] | None = None,
        error: Exception | None = None,
        operation: str | None = None,
    ) -> None:
        """Add something that never became an event."""
        screen = self._env.screen
        self._env.trace_entries.put(
            TraceEvent(
                time=self._seconds(self._env.time_manager.time()),
                kind=who,
                event_id="",
                app=app,
                app_class=app_class,
                function=to_short_builtins(function),
                args=to_short_builtins(arguments or {}),
                result=None,
                error=None if error is None else f"{type(error).__name__}: {to_short_text(error)}",
                operation=operation,
                turn=self._env.turn,
                mode=self._consent.mode.value,
                screen_before=screen,
                screen_after=screen,
            )
        )

    def add_told(self, who: str, notifications: tuple[Notification, ...]) -> None:
        """Add what `USER` or `AGENT` gets as notifications; nothing without any."""
        if notifications:
            env, start = self._env, self._env.start_time
            notified = [
                {"time": round(one.time.timestamp() - start, 6), "kind": one.kind, "text": to_short_text(one.text)}
                for one in notifications
            ]
            now = round(env.time_manager.time() - start, 6)
            env.notified.append(Notified(now, env.turn or 0, who, self._consent.mode._value_, notified))

    def _seconds(self, time: float) -> float:
        """Return a time in epoch seconds as seconds since the start of the scenario."""
        return round(time - self._env.start_time, 6)
