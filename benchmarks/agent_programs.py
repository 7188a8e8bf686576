"""The cost of an agent that is a program: a turn, and a tool call, compared with the same agent in process."""

from __future__ import annotations

import logging
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Figure

if TYPE_CHECKING:
    from pytest_pare.agents.protocols import ProactiveAgent, Turn
    from pytest_pare.scenarios.agent_program import AgentProgram

HEADING = "the same agent as a program and in process"

# An agent that calls a tool so often in each turn, and is otherwise idle.
PROGRAM = """
import json, sys

def send(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\\n")
    sys.stdout.flush()

for line in sys.stdin:
    asked = json.loads(line)
    if asked["method"] == "turn":
        for _ in range(int(sys.argv[1])):
            params = {"name": "System__get_current_time", "arguments": {}}
            send({"id": 1, "method": "tools/call", "params": params})
            sys.stdin.readline()
    send({"id": asked["id"], "result": {"protocol_version": 1}})
"""
_CALLS = 10


def measure(*, quick: bool = False) -> list[Figure]:
    """Play a scenario with agents that do nothing, and that call a tool, in process and as a program, alternately.

    The program is started before. A figure is the median of the differences between a run as a program and the one
    in process beside it, divided by the turns or calls in them.
    """
    from pytest_pare.agents.program import pool

    turns, repeats = (3, 1) if quick else (50, 40)
    logging.disable(logging.CRITICAL)
    try:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "agent.py")
            path.write_text(PROGRAM, encoding="utf-8")
            idle = _difference(path, 0, turns, repeats)
            calling = _difference(path, _CALLS, turns, repeats)
            pool.close_all()
    finally:
        logging.disable(logging.NOTSET)
    return [
        Figure("a turn in process, of a run without calls", 1000 * idle[0], "ms"),
        Figure("a turn as a program, more than in process", 1000 * idle[1], "ms", at_most=None if quick else 1),
        Figure(f"a turn in process, with {_CALLS} calls", 1000 * calling[0], "ms"),
        Figure("a call of a tool as a program, more than in process", 1000 * (calling[1] - idle[1]) / _CALLS, "ms"),
    ]


def _difference(path: Path, calls: int, turns: int, repeats: int) -> tuple[float, float]:
    """Return the seconds of a turn in process, and how many more it takes as a program."""
    from pytest_pare.scenarios.config import AgentProgram

    program = AgentProgram(command=(sys.executable, "-S", "-E", str(path), str(calls)))

    def agent(turn: Turn) -> None:
        for _ in range(calls):
            turn.call("System__get_current_time")

    pairs = [(_play(turns, agent=agent), _play(turns, program=program)) for _ in range(repeats + 1)]
    # The first pair starts the program and fills caches.
    in_process, more = zip(*((own, other - own) for own, other in pairs[1:]), strict=True)
    return statistics.median(in_process), statistics.median(more)


def _play(turns: int, agent: ProactiveAgent | None = None, program: AgentProgram | None = None) -> float:
    from pytest_pare.scenarios.config import LLMEngineConfig, ScenarioRunnerConfig
    from pytest_pare.scenarios.library import bundled_library_dir
    from pytest_pare.scenarios.registration import load_library
    from pytest_pare.scenarios.registry import registry
    from pytest_pare.simulation.runner import run_scenario

    load_library(registry, bundled_library_dir())
    settings: dict[str, Any] = {"max_turns": turns, "skip_idle_time": False, "max_scenario_duration": 100_000}
    config = ScenarioRunnerConfig(
        user_engine_config=LLMEngineConfig(model_name="oracle", provider="oracle"),
        simulated_generation_time_mode="fixed",
        agent=program,
        **settings,
    )
    run = run_scenario(registry.registered()["new_number"](), config, agent=agent)
    if run.trace.turns != turns or run.agent_error is not None:
        raise RuntimeError(f"the agent did not play {turns} turns: {run.result}")
    assert run.result.duration is not None
    return run.result.duration / turns
