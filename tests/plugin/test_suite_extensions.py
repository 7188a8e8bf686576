"""Extensions of other distributions in a session: at work, and refused or named when they are wrong."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from pytest_pare.base import extensions
from tests.unpacked import unpacked_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.plugin.conftest import Example

    Install = Callable[..., None]

SECRET = "sk-proj-abcdefghijklmnopqrstuvwx0123456789AB"

CODE = f"""\
from are.simulation.agents.llm.llm_engine import LLMEngine
from pytest_pare.agents.react import format_action
from pytest_pare.results.gate import VerdictPart
from pytest_pare.simulation.tool_faults import ToolFault
import os

WRONG = os.environ.get("WRONG")
SECRET = {SECRET!r}

class Engine(LLMEngine):
    def chat_completion(self, messages, stop_sequences=(), **kwargs):
        if WRONG == "answer":
            return "hello"
        if WRONG == "call":
            raise OSError(SECRET)
        return format_action("Nothing.", "PAREAgentUserInterface__wait", {{}}), {{}}

def engine(config, role, reference):
    if WRONG == "builder":
        raise OSError(SECRET)
    return None if WRONG == "engine" else Engine(config.model_name)

def agent(context):
    if WRONG == "factory":
        raise SystemExit(SECRET)
    if WRONG == "agent":
        return 3

    def act(turn):
        if turn.mode.value == "observe" and turn.notifications:
            turn.call("StatefulCalendarApp__get_all_tags", {{}})

    return act

def apply(call, settings):
    if WRONG == "fault":
        raise SystemExit(SECRET)
    if WRONG == "time":
        call.pass_time(-1)
    return settings.text

FAULT = ToolFault(apply)

def criterion(given, value):
    if WRONG == "criterion":
        raise SystemExit(SECRET)
    if WRONG == "reason":
        return VerdictPart(3)
    if WRONG == "verdict":
        return True
    return VerdictPart(None, f"value {{value}} of {{len(given.results)}} runs")

def report(path, report):
    if WRONG == "report":
        raise SystemExit(SECRET)
    if WRONG != "file":
        path.write_text(" ".join(report.table["base_scenario_id"].sort()))
"""

EXTENSIONS = {
    "engine.paid": "engine",
    "agent.caller": "agent",
    "tool_fault.lost": "FAULT",
    "criterion.count": "criterion",
    "report.ids": "report",
}

SUITE = """\
runner: {agent_type: caller, max_turns: 2, export: true}
noise: {tool_faults: {lost: {rate: 1, text: gone}}}
gate: {min_success_rate: 0, criteria: {count: 7}}
reports: {json: out/pare.json, formats: {ids: out/new/ids.txt}}
"""

HEAD = "from pytest_pare.apps import StatefulCalendarApp, StatefulEmailApp"

METHODS = """\
def init_and_populate_apps(self, *args, **kwargs):
    self.agent_ui, self.email = PAREAgentUserInterface(), StatefulEmailApp()
    self.apps = [self.agent_ui, HomeScreenSystemApp(name="System"), self.email, StatefulCalendarApp()]

def build_events_flow(self):
    with EventRegisterer.capture_mode():
        mail = self.email.send_email_to_user_with_id("m1", "a@b.example", content="Hello")
    self.events = [mail.delayed(5)]
"""


@pytest.fixture
def install(example: Example, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a distribution with a module of its name, and set it on the path of the sessions' processes."""
    site = example.path / "site"
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH", "")])))

    def add(distribution: str, code: str, entry_points: dict[str, str]) -> None:
        info = f"site/{distribution}-1.0.dist-info"
        example.write(f"site/{distribution}.py", code)
        example.write(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        lines = [f"{name} = {distribution}:{target}" for name, target in entry_points.items()]
        example.write(f"{info}/entry_points.txt", "\n".join(["[pytest_pare]", *lines, ""]))

        extensions._all.cache_clear()

    yield add
    extensions._all.cache_clear()


@pytest.fixture
def plants(example: Example, install: Install) -> Example:
    """A suite that uses an agent, a fault, a criterion and a report of an extension."""
    install("plants", CODE, EXTENSIONS)
    for name in ("rose", "fern"):
        example.scenario(name, head=HEAD, methods=METHODS)
    return example.suite(SUITE)


@pytest.mark.usefixtures("plain_processes")
def test_extensions_work_on_workers(plants: Example) -> None:
    session = plants.run_process("pare.yaml", "-n", "2")
    assert session.code == 0
    assert session.verdict == [
        "gate PASS: 2 of 2 runs succeeded (100.0 %), 0.0 % needed",
        "value 7 of 2 runs",
    ]
    assert (plants.path / "out/new/ids.txt").read_text() == "fern rose"
    assert "Noise: faults: lost 2" in session.out
    # The fault answers in the place of the tool. The call is in the trace all the same.
    lines = unpacked_text(plants.path / "traces/rose.jsonl.gz").splitlines()
    (call,) = [entry for entry in map(json.loads, lines) if entry.get("fault") == "lost"]
    assert (call["function"], call["result"], call["event_id"], call["error"]) == ("get_all_tags", "gone", "", None)


@pytest.mark.parametrize(
    ("code", "entry_points", "expected"),
    [
        (
            "import nowhere_at_all",
            {"report.csv": "x"},
            "extension report.csv = odd:x (of odd 1.0): cannot be loaded: ModuleNotFoundError",
        ),
        (
            "raise SystemExit(0)",
            {"agent.a": "x"},
            "extension agent.a = odd:x (of odd 1.0): cannot be loaded: ",
        ),
        ("x = 3", {"criterion.a": "x"}, "extension criterion.a = odd:x (of odd 1.0): expected a Criterion"),
        ("def x(a): ...", {"engine.a": "x"}, "extension engine.a = odd:x (of odd 1.0): expected an EngineBuilder"),
        ("", {"report.ids": "x"}, "extension report.ids = plants:report (of plants 1.0): there is another one of"),
        ("", {"tool_fault.tool_slow": "x"}, "extension tool_fault.tool_slow = odd:x (of odd 1.0): there is another"),
        ("", {"plugin.a": "x"}, "entry point plugin.a = odd:x (group pytest_pare, of odd 1.0): expected a name KIND"),
        ("", {"report": "x"}, "entry point report = odd:x (group pytest_pare, of odd 1.0): expected a name KIND.NAME"),
    ],
)
def test_a_wrong_extension_ends_the_session(
    plants: Example,
    install: Install,
    code: str,
    entry_points: dict[str, str],
    expected: str,
) -> None:
    install("odd", code, entry_points)
    session = plants.run("pare.yaml")
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: {expected}" in session.err
    assert session.has_no_traceback_of_ours()


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (
            "factory",
            "agent_type 'caller': extension agent.caller = plants:agent (of plants 1.0) raised SystemExit: ",
        ),
        ("agent", "extension agent.caller = plants:agent (of plants 1.0) returned int; an agent takes a turn"),
        ("fault", "ToolFaultError: the tool fault lost raised SystemExit: [redacted]"),
        (
            "time",
            "ToolFaultError: the tool fault lost raised ValueError: pass_time takes seconds, a finite ",
        ),
        ("criterion", "cannot pass: the criterion count raised SystemExit: [redacted]"),
        ("reason", "the criterion count must return a VerdictPart whose reason is a text or None, got int"),
        ("verdict", "the criterion count must return a VerdictPart, got bool"),
        ("report", "with extension report.ids = plants:report (of plants 1.0): SystemExit: [redacted]"),
        ("file", "with extension report.ids = plants:report (of plants 1.0): it wrote no file"),
    ],
)
def test_an_error_of_an_extension_names_it(
    plants: Example, monkeypatch: pytest.MonkeyPatch, wrong: str, expected: str
) -> None:
    monkeypatch.setenv("WRONG", wrong)
    session = plants.run("pare.yaml")
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert expected in " ".join(session.out.split())
    assert session.has_no_traceback_of_ours()
    assert SECRET not in session.out + session.err
    # The results are kept, and the agent is not blamed.
    gate = json.loads((plants.path / "out/pare.json").read_text(encoding="utf-8"))["gate"]
    assert gate["counts"]["failed"] == 0
    assert gate["counts"]["success"] + gate["counts"]["exception"] == 2


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ("builder", "raised OSError: [redacted]"),
        ("engine", "must return an LLMEngine, got NoneType"),
        ("call", "chat_completion raised OSError: [redacted]"),
        (
            "answer",
            "chat_completion must return a tuple of the answer, a str, and its metadata, a dict or ",
        ),
    ],
)
def test_an_error_of_an_engine_names_it(
    plants: Example, monkeypatch: pytest.MonkeyPatch, wrong: str, expected: str
) -> None:
    monkeypatch.setenv("WRONG", wrong)
    plants.suite("live: true\nrunner: {max_turns: 2, observe_engine_config: {model_name: m, provider: paid}}\n")
    session = plants.run("pare.yaml")
    assert f"extension engine.paid = plants:engine (of plants 1.0): {expected}" in session.words
    assert session.outcomes() == {"failed": 2}
    assert SECRET not in session.out + session.err


def test_an_engine_is_recorded_and_replayed(plants: Example) -> None:
    plants.suite(
        "runner: {max_turns: 2, observe_engine_config: {model_name: m, provider: paid}}\n"
        "gate: {min_success_rate: 0}\n"
        "cassettes: {}\n"
    )
    recorded = plants.run("pare.yaml", "--pare-record", "once", "--pare-live")
    assert recorded.outcomes()["passed"] == 2
    assert (plants.path / "cassettes/rose.jsonl").exists()
    assert plants.run("pare.yaml").outcomes()["passed"] == 2


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--pare-set", "noise.tool_faults.lost.rate=0"], "gate PASS: 2 of 2 runs"),
        (["--pare-set", "gate.criteria.count=8"], "value 8 of 2 runs"),
        (["--pare-set", "reports.formats.ids=there.txt"], "wrote out/pare.json, there.txt"),
        (["--pare-sweep", "noise.tool_faults.lost.rate=0,1"], "Robustness: noise.tool_faults.lost.rate"),
        (["--pare-set", "gate.criteria.size=8"], "no extension has this criterion; installed: count"),
        (["--pare-sweep", "noise.tool_faults.last.rate=0,1"], "no extension has this tool fault; did you mean lost?"),
        (
            ["--pare-set", "noise.tool_faults.lost.rate=0", "--pare-sweep", "noise.tool_faults.lost.seconds=0,1"],
            "changes nothing: noise.tool_faults.lost.rate is 0",
        ),
    ],
)
def test_flags_reach_the_keys_of_extensions(plants: Example, arguments: list[str], expected: str) -> None:
    session = plants.run("pare.yaml", *arguments)
    assert expected in session.out + session.err
