"""A run that is played in a thread of its own."""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_pare.base import telemetry
from pytest_pare.base.user_frames import place, stack_of
from pytest_pare.plugin.run_output import RunOutput
from pytest_pare.plugin.watchdog import GRACE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from pytest_pare.plugin.preparation import PreparedRun
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.runner import Run


@dataclass(eq=False)
class RunThread:
    """A run in a thread.

    Attributes:
        prepared: The run.
        output: What it prints, logs and warns of.
        thread: Its thread.
        began: When its clock started, in seconds of the monotonic clock; `None` before that.
        outcome: The scenario and the run, or an interrupt; `None` until it has ended.
    """

    prepared: PreparedRun
    output: RunOutput = field(default_factory=RunOutput)
    thread: threading.Thread | None = None
    began: float | None = None
    outcome: tuple[PAREScenario | None, Run] | BaseException | None = None

    @property
    def seconds_left(self) -> float | None:
        """How long the run may go on, in seconds; `None` without a limit."""
        limit = self.prepared.timeout_seconds
        if limit is None or self.began is None:
            return None
        return self.began + limit + GRACE_SECONDS - time.monotonic()

    @property
    def has_failed(self) -> bool:
        """Whether the run has ended without success."""
        outcome = self.outcome
        return outcome is not None and (isinstance(outcome, BaseException) or outcome[1].result.status != "success")

    def start(
        self, context: Context, nodeid: str, changed: threading.Condition, on_end: Callable[[RunThread], None]
    ) -> None:
        """Start the run.

        Args:
            context: The context of the thread.
            nodeid: The node id of its item.
            changed: Notified when the clock of the run starts, and when it has ended.
            on_end: Called before that with this object.
        """
        # A run that never ends does not keep the process alive.
        arguments = (self._play, nodeid, changed, on_end)
        self.thread = threading.Thread(target=context.run, args=arguments, name=nodeid, daemon=True)
        self.thread.start()

    def _play(self, nodeid: str, changed: threading.Condition, on_end: Callable[[RunThread], None]) -> None:
        telemetry.test_case.set(telemetry.about(nodeid))
        self.output.collect()

        def start_clock() -> None:
            with changed:
                self.began = time.monotonic()
                changed.notify_all()

        outcome: tuple[PAREScenario | None, Run] | BaseException
        try:
            outcome = self.prepared.play(start_clock)
        except BaseException as error:  # noqa: BLE001 - an interrupt, which its item raises again
            outcome = error
        with changed:
            self.outcome = outcome
            on_end(self)
            changed.notify_all()

    def never_ended(self) -> str:
        """Return the failure text of a run that does not end."""
        frame = sys._current_frames().get(0 if self.thread is None else self.thread.ident or 0)
        limit = self.prepared.timeout_seconds
        return (
            f"still in {place(stack_of(frame))} {GRACE_SECONDS} s after timeout_seconds ({limit}), so its thread was "
            "left behind, and the run has no result"
        )
