"""Agents that misbehave, and parts of scenarios that do, for runs in other processes too.

They are imported there, so nothing is imported here that takes its time.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from are.simulation.scenarios.validation_result import ScenarioValidationResult

from pytest_pare.agents.calibration import RandomAgent
from tests.stage import Stage

if TYPE_CHECKING:
    from pytest_pare.agents.protocols import Turn

TIMEOUT = 1
COUNTS = "TEST_COUNTS_DIR"
"""The environment variable with the directory in which `Counted` leaves a sign for each run."""
LARGE = 200_000
LONG = 10**5000
"""An int that Python does not write."""


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")


class Actor:
    """An agent that does what the scenario's id says, and else proposes how many turns it has taken."""

    def __init__(self) -> None:
        self._turns = 0

    def __call__(self, turn: Turn) -> None:  # noqa: C901 - one case for each scenario
        self._turns += 1
        match turn.scenario_seed.partition("/")[0]:
            case "dies":
                os._exit(0)
            case "stuck" | "interrupts" as name:
                if name == "interrupts":
                    os.kill(os.getppid(), signal.SIGINT)
                while True:
                    pass
            case "talks" if self._turns == 1:
                # Each is short enough to be kept whole.
                for _ in range(25):
                    turn.propose("x" * (LARGE // 25))
            case "raises":
                raise LookupError("no such thing")
            case "unprintable":
                raise UnprintableError
            case "half":
                raise LookupError("\ud800 x")
            case "counts":
                # What no tool takes, and what one does.
                with suppress(Exception):
                    turn.call("Nothing", {"number": LONG})
                with suppress(Exception):
                    turn.call("Calendar__search_events", {"query": LONG})
            case "sleeps":
                time.sleep(TIMEOUT + 0.1)
            case "chance":
                RandomAgent()(turn)
            case _:
                turn.propose(f"turn {self._turns}")


class Counted(Actor):
    """Leaves a sign in the file of its scenario when a run begins."""

    def __call__(self, turn: Turn) -> None:
        if not self._turns:
            with Path(os.environ[COUNTS], turn.scenario_seed.partition("/")[0]).open("a") as file:
                file.write("x")
        super().__call__(turn)


def failing_factory() -> NoReturn:
    raise OSError("no key")


def broken_script(s: Any) -> list[Any]:
    return [s.calendar.delete_calendar_event(event_id="nope").delayed(1)]


def unhappy(s: Any, env: Any) -> ScenarioValidationResult:
    return ScenarioValidationResult(success=False, exception=LookupError("half a pair: \ud83d"), rationale="because")


def exiting(s: Any, env: Any) -> NoReturn:
    sys.exit("enough")


class Picky(Stage):
    def __post_init__(self) -> None:
        raise TypeError("not like this")
