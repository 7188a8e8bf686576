"""Runs whose agent is a program, without pytest: by `run_scenario`, and by each executor of `MultiScenarioRunner`."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.agents.program import pool
from pytest_pare.base.redaction import redacted
from pytest_pare.endpoints import server
from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig
from pytest_pare.scenarios.library import bundled_library_dir
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.simulation.multi_runner import MultiScenarioRunner
from pytest_pare.simulation.program_runs import ProgramRun
from pytest_pare.simulation.runner import run_scenario
from tests.agents.programs import await_none, spec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_pare.agents.protocols import Turn
    from pytest_pare.scenarios.scenario import PAREScenario

ORACLE = LLMEngineConfig(model_name="oracle", provider="oracle")


@pytest.fixture(autouse=True)
def no_program_is_left() -> Iterator[None]:
    yield
    pool.close_all()


def scenario(run_number: int | None = None) -> PAREScenario:
    load_library(registry, bundled_library_dir())
    made: PAREScenario = registry.get_all_scenarios()["new_number"](run_number=run_number)
    return made


def config(*faults: str, **settings: Any) -> MultiScenarioRunnerConfig:
    fixed: dict[str, Any] = {"simulated_generation_time_mode": "fixed", "log_to_file": False}
    program = spec(*faults, turn_timeout=settings.pop("turn_timeout", 20))
    return MultiScenarioRunnerConfig(user_engine_config=ORACLE, agent=program, **fixed, **settings)


@pytest.mark.parametrize("executor", ["sequential", "thread", "process"])
def test_each_executor(executor: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pytest_pare.agents.program")
    # An argument without a meaning, by which its processes are found.
    settings = config(str(tmp_path), executor_type=executor, max_concurrent_scenarios=2)
    results = MultiScenarioRunner().run(settings, ["new_number"], runs=4)
    assert [result.status for result in results.scenario_results.values()] == ["success"] * 4
    if executor == "sequential":
        assert caplog.text.count("agent.py: pid ") == 1
    pool.close_all()
    await_none(str(tmp_path))


def test_the_trace_is_that_of_the_same_agent_in_process() -> None:
    def keep_numbers(turn: Turn) -> None:
        accepted = turn.mode.value == "execute"
        if accepted:
            assert turn.proposal is not None
            text = turn.proposal.text
        else:
            text = "\n".join(news.text for news in turn.notifications)
        if found := re.search(r"from (\w+ \w+).*?(\+[\d ]+\d)", text, re.DOTALL):
            name, phone = found.groups()
            card = turn.call("Contacts__search_contacts", {"query": name})[0]
            if accepted:
                turn.call("Contacts__edit_contact", {"contact_id": card["contact_id"], "updates": {"phone": phone}})
                turn.report(f"{name} has the new number now.")
            elif card["phone"] != phone:
                turn.propose(f"A new number from {name}: {phone}, not {card['phone']}. Shall I change it?")

    as_program = run_scenario(scenario(), config())
    in_process = run_scenario(scenario(), config().model_copy(update={"agent": None}), agent=keep_numbers)
    assert as_program.success
    assert as_program.trace.entries == in_process.trace.entries
    assert as_program.trace.agent == "program:agent.py"


def test_two_agents_are_refused() -> None:
    run = run_scenario(scenario(), config(), agent=lambda _turn: None)
    assert run.result.exception_kind == "configuration"
    assert str(run.result.exception).startswith(
        "the agent is a program (runner.agent), and another agent was given as "
    )
    with pytest.raises(ValueError, match=r'the agent is a program \(agent\) and "eager" \(agent_type\); leave one out'):
        config(agent_type="eager")


@pytest.mark.parametrize(
    ("fault", "status", "kind", "message"),
    [
        ("start:exits", "exception", "configuration", "exited with status 3 before it answered initialize"),
        ("turn-1:exits", "failed", None, "turn 1: the program "),
        ("turn:prints", "exception", "configuration", "its standard output has a line that is no JSON"),
        ("turn-2:raises", "failed", None, "turn 2: the agent raised the model is not loaded"),
    ],
)
def test_the_result_of_a_program_that_fails(fault: str, status: str, kind: str | None, message: str) -> None:
    result = run_scenario(scenario(), config(fault)).result
    assert (result.status, result.exception_kind) == (status, kind)
    assert message in (result.rationale or str(result.exception))


def test_the_limit_of_the_run_is_no_failure_of_the_program() -> None:
    run = run_scenario(scenario(), config("turn-1:hangs", timeout_seconds=1))
    assert run.result.status == "exception"
    assert type(run.result.exception).__name__ == "ScenarioTimeoutError"
    assert run.agent_error is None


def test_the_end_of_simulated_time_ends_a_run_normally() -> None:
    run = run_scenario(scenario(), config(max_scenario_duration=2))
    assert run.result.ended_by == "max_scenario_duration"


def test_a_program_in_oracle_mode_is_not_started() -> None:
    run = run_scenario(scenario(), config("start:exits", oracle=True))
    assert run.success
    assert run.setup_seconds < 0.5


def test_a_program_gets_the_addresses_of_its_endpoints() -> None:
    model = LLMEngineConfig(model_name="small", provider="openai")
    without = ProgramRun(scenario(), config())._grant()
    access = ProgramRun(scenario(), config(agent_engine_config=model))._grant()
    assert without.variables == {"PARE_MCP_URL": server.mcp_url(), "PARE_MCP_TOKEN": without.token}
    assert access.variables == {
        "PARE_MCP_URL": server.mcp_url(),
        "PARE_MCP_TOKEN": access.token,
        "OPENAI_BASE_URL": server.models_url(),
        "OPENAI_API_KEY": access.token,
        "OPENAI_AGENTS_DISABLE_TRACING": "1",
    }
    assert access.token not in redacted(f"the token is {access.token}")
    for one in (without, access):
        one.revoke()
        assert server.backend_of(one.token) is None


def test_tokens_are_valid_while_a_run_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    bound: list[tuple[str, str]] = []
    for name in ("bind", "unbind", "revoke"):
        function = getattr(server, name)

        def noted(token: str, *rest: Any, name: str = name, function: Any = function) -> None:
            bound.append((name, token))
            function(token, *rest)

        monkeypatch.setattr(server, name, noted)
    for _ in range(2):
        assert run_scenario(scenario(), config()).success
    pool.close_all()
    names = [name for name, _ in bound]
    assert names == ["bind", "bind", "unbind", "unbind", "revoke"] * 2 + ["revoke"]
    (first, of_program), (second, again) = ((bound[n][1], bound[n + 1][1]) for n in (0, 5))
    assert of_program == again
    assert len({first, second, of_program}) == 3
    assert bound[-1] == ("revoke", of_program)
