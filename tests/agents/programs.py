"""Real programs of the tests, and turns for them without a simulation."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from are.simulation.tool_utils import AppToolArg

from pytest_pare.agents.errors import ConsentRequired, ToolFailure, ToolTimeout, TurnOver
from pytest_pare.agents.program import pool
from pytest_pare.agents.program.agent import ProgramAgent
from pytest_pare.agents.program.process import until
from pytest_pare.agents.protocols import Notification, ProactiveAgentMode, Turn
from pytest_pare.agents.tools import Tool, Toolbox
from pytest_pare.scenarios.agent_program import AgentProgram

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAMS = Path(__file__).parents[1] / "data" / "programs"
NOON = datetime(2025, 1, 6, 12, tzinfo=UTC)

START = {
    "scenario_seed": "seed/1",
    "time": NOON.isoformat(),
    "mcp": {"url": "http://127.0.0.1:9/mcp/", "token": "none"},
    "models": None,
}

# How long anything here may take on a busy machine.
PATIENCE = 20.0


class EndOfRun(BaseException):
    """As the simulation raises it."""


ERRORS = (ConsentRequired, ToolFailure, ToolTimeout, TurnOver, EndOfRun, ZeroDivisionError, KeyError)


def spec(*arguments: str, program: str = "agent.py", **settings: Any) -> AgentProgram:
    command = (sys.executable, "-S", "-E", str(PROGRAMS / program), *arguments)
    return AgentProgram(command=command, cwd=str(PROGRAMS), **settings)


def take(program: AgentProgram, start: dict[str, Any] | None = None) -> pool.Member:
    """Take a program for a run."""
    return pool.take(program, lambda: pool.Access({}), lambda member: member.program.begin_run(start or START))


def give_back(member: pool.Member) -> None:
    member.program.end_run("max_turns")
    pool.give_back(member)


class Played:
    """The turns of a program, with its reports.

    Args:
        program: The program.

    Attributes:
        reports: What it has recorded.
        calls: The calls of the tool `take_down`.
    """

    def __init__(self, program: AgentProgram) -> None:
        self.reports: list[dict[str, Any]] = []
        self.calls: list[Any] = []
        self.member = take(program)
        self.agent = ProgramAgent(self.member.program, program)
        self._turns = 0

    def turn(self, *steps: list[Any]) -> dict[str, Any]:
        """Let the program play a turn, and return its report."""
        self.agent(self.make_turn(*steps))
        return self.reports[-1]

    def make_turn(self, *steps: list[Any]) -> Turn:
        number, self._turns = self._turns, self._turns + 1
        tools = [
            tool("record", self.record, "report"),
            tool("take_down", self.calls.append, "text"),
            tool("repeat", lambda text: text * 1000, "text"),
            *(tool(error.__name__, raises(error), "text") for error in ERRORS),
        ]
        news = Notification(NOON, "environment", json.dumps(steps))
        return Turn(
            number, NOON, ProactiveAgentMode.OBSERVE, None, (news,), Toolbox(tools, lambda _name: None), "seed/1"
        )

    def record(self, report: dict[str, Any]) -> None:
        self.reports.append(report)


def tool(name: str, call: Callable[[Any], Any], argument: str) -> Tool:
    arguments = [AppToolArg(argument, "Any", "", type_obj=None, has_default=True, default="")]
    return Tool.apart(name, f"Does {name}.", arguments, lambda given: call(given.get(argument, "")))


def raises(error: type[BaseException]) -> Callable[[Any], None]:
    def fail(_text: object) -> None:
        raise error("as told")

    return fail


def is_running(group: int) -> bool:
    """Return whether a process of a group runs: a program, or a child of it."""
    listed = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    return any(line.split()[0] == str(group) and not line.split()[1].startswith("Z") for line in listed.splitlines())


def await_none(argument: str) -> None:
    """Wait until no process with an argument runs."""
    left = until(PATIENCE)
    while argument in subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True).stdout:
        assert left() > 0, f"still there: {argument}"
        time.sleep(0.02)


def await_end(*groups: int) -> None:
    """Wait until all processes of groups have ended."""
    left = until(PATIENCE)
    while any(map(is_running, groups)):
        assert left() > 0, f"still there: {groups}"
        time.sleep(0.02)
