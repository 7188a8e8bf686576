"""Programs with a client as agents of real runs: they do what the same agents do in process."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.agents.program.pool import close_all
from pytest_pare.scenarios.agent_program import AgentProgram
from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig
from pytest_pare.scenarios.library import bundled_library_dir
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.simulation.runner import Run, run_scenario
from tests.clients.fake_host import CLIENT
from tests.clients.pythons import oldest
from tests.clients.test_node_agent import AGENT, needs_node
from tests.docs.test_docs import blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

load_library(registry, bundled_library_dir())
NEW_NUMBER = registry.registered()["new_number"]
ORACLE = LLMEngineConfig(model_name="oracle", provider="oracle")
README_AGENT = next(block.code for block in blocks(CLIENT / "README.md") if block.file == "agent.py")


@pytest.fixture(autouse=True)
def _end_programs() -> Iterator[None]:
    yield
    close_all()


def play(given: Callable[..., Any] | None = None, **settings: Any) -> Run:
    config = MultiScenarioRunnerConfig(user_engine_config=ORACLE, simulated_generation_time_mode="fixed", **settings)
    return run_scenario(NEW_NUMBER(), config, agent=given)


def program(directory: Path, code: str, python: str = sys.executable) -> AgentProgram:
    (directory / "agent.py").write_text(code, encoding="utf-8")
    # A PYTHONPATH of the session is not passed on.
    return AgentProgram(command=(python, "agent.py"), cwd=str(directory), env={"PYTHONPATH": str(CLIENT)})


def in_process(code: str, name: str) -> Callable[..., Any]:
    """Return the agent of a program's code, as an agent in process."""
    code = code.replace("from pytest_pare_agent import serve", "")
    names: dict[str, Any] = {"__name__": "agent"}
    exec(code, names)
    agent: Callable[..., Any] = names[name]
    return agent


def without_name(run: Run) -> str:
    """Return the trace without the agent's name."""
    header, rest = run.trace.to_jsonl().split("\n", 1)
    name = f'"{run.trace.agent}"'
    assert name in header
    return header.replace(name, "") + rest


def test_the_agent_of_the_readme_leaves_the_trace_that_it_leaves_in_process(tmp_path: Path) -> None:
    inside = play(in_process(README_AGENT, "keep_numbers"))
    outside = play(agent=program(tmp_path, README_AGENT, oldest()))
    assert inside.success, inside.result
    assert outside.success, outside.result
    assert outside.trace.agent == "program:agent.py"
    assert without_name(outside) == without_name(inside)


@needs_node
def test_the_agent_in_javascript_leaves_the_same_trace() -> None:
    run = play(agent=AgentProgram(command=(str(shutil.which("node")), str(AGENT)), cwd=str(AGENT.parent)))
    assert run.success, run.result
    assert without_name(run) == without_name(play(in_process(README_AGENT, "keep_numbers")))


ODD = """
import asyncio
import hashlib
import json

from pytest_pare_agent import serve


def digest(value):
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


class Odd:
    def __init__(self):
        self.said = []

    async def __call__(self, turn):
        await asyncio.sleep(0)
        find = {one.__name__: one for one in turn.functions}["Contacts__search_contacts"]
        self.said += [turn.scenario_seed, str(turn.time), turn.mode.value, str(turn.proposal and turn.proposal.status)]
        self.said += [str(sorted(turn.to_dict())), digest(turn.definitions), digest(turn.to_dict()["tools"])]
        for one in turn.tools.values():
            self.said.append(f"{one.app} {one.function} {one.operation} {one.is_interface}")
        self.attempt(lambda: turn.interface("ask_user").name)
        self.attempt(lambda: turn.interface("search_contacts"))
        searches = [one for one in turn.async_functions if one.__name__ == "Contacts__search_contacts"]
        for found in await asyncio.gather(*[one("Elena") for one in searches], turn.acall("end_task")):
            self.said.append(repr(found))
        turn.log(f"turn {turn.number} of an agent", "warning")
        self.attempt(lambda: find("Elena"))
        self.attempt(lambda: turn.tools["Contacts__search_contacts"](query="Rossi"))
        self.attempt(lambda: turn.tools["Nothing__at_all"])
        self.attempt(lambda: turn.call("Nothing__at_all", {"x": 1}))
        self.attempt(lambda: turn.call("Contacts__get_contact", {"contact_id": "nobody"}))
        self.attempt(lambda: turn.call("Contacts__get_contact", {"contact": "elena-rossi"}))
        self.attempt(lambda: turn.call("Contacts__delete_contact", {"contact_id": "elena-rossi"}))
        self.attempt(lambda: turn.call("System__wait_for_notification", {"timeout": 3}))
        self.said += [news.text for news in (*turn.notifications, *turn.news())]
        turn.ask("Why?") if turn.number else turn.propose(" / ".join(self.said))
        self.attempt(lambda: turn.propose(""))
        if turn.number == 1:
            turn.give_up("enough")
            turn.propose(" / ".join(self.said))
            turn.call("Contacts__get_contact", {"contact_id": "nobody"})

    def attempt(self, call):
        try:
            self.said.append(repr(call()))
        except Exception as error:
            self.said.append(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    serve(Odd)
"""


def test_results_errors_and_a_failure_are_those_in_process(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    inside = play(in_process(ODD, "Odd")(), writes_without_consent="refuse")
    outside = play(agent=program(tmp_path, ODD), writes_without_consent="refuse")
    said = inside.trace.proposals()[-1].args["content"]
    for error in ("UnknownToolError", "KeyError", "TypeError", "ConsentRequired"):
        assert f"{error}: " in said
    assert "PAREAgentUserInterface__ask_user" in said
    assert "this scenario has no tool search_contacts" in said
    for line in ("Contacts edit_contact write False", "PAREAgentUserInterface ask_user write True"):
        assert line in said
    assert [(one.levelname, one.name, one.message) for one in caplog.records if "of an agent" in one.message] == [
        ("WARNING", "pytest_pare.agents.own", "turn 0 of an agent"),
        ("WARNING", "pytest_pare.agents.own", "turn 1 of an agent"),
        ("WARNING", "pytest_pare.agents.program", "agent.py: turn 0 of an agent"),
        ("WARNING", "pytest_pare.agents.program", "agent.py: turn 1 of an agent"),
    ]
    failure = "KeyError: 'Contact nobody does not exist.'"
    assert inside.result.rationale == f"turn 1: the agent raised {failure}"
    first, *lines = str(outside.result.rationale).splitlines()
    assert first == inside.result.rationale
    # The traceback, from the agent's own code on.
    assert lines[0] == "the last lines of its standard error:"
    assert "agent.py" in lines[2]
    assert not any("in serve" in line for line in lines)
    assert lines[-1].endswith(failure)
    assert without_name(outside) == without_name(inside)
