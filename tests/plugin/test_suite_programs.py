"""Suites whose agent is a program: how it is named, what a session shows of it, and that no process is left."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.agents.program import pool
from pytest_pare.agents.program.process import until
from tests.agents.programs import PATIENCE, PROGRAMS, await_end
from tests.unpacked import unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.plugin.conftest import Example, Session

COMMAND = [sys.executable, "-S", "-E", "agent.py"]
SUITE = """
scenarios: {{bundled: true, include: [new_number]}}
runner:
  max_turns: 5
  agent:
    command: {command}
    cwd: programs
{more}
"""


def program(*faults: str) -> str:
    return json.dumps([*COMMAND, *faults])


def written(example: Example, *faults: str, more: str = "", name: str = "pare.yaml") -> Example:
    """Write a suite with a program beside it."""
    for path in PROGRAMS.iterdir():
        if path.suffix == ".py":
            example.write(f"programs/{path.name}", path.read_text())
    return example.suite(SUITE.format(command=program(*faults), more=more), name)


@pytest.fixture(autouse=True)
def no_program_is_left() -> Iterator[None]:
    yield
    assert pool._pool.idle == pool._pool.busy == []


def failure(session: Session) -> str:
    assert session.has_no_traceback_of_ours()
    return session.out.partition("_ new_number _")[2].partition("= pare: ")[0].lstrip("_\n")


def pids(text: str) -> list[int]:
    return [int(pid) for pid in re.findall(r"^(?:.*: |  )?pid (\d+)$", text, re.MULTILINE)]


# -- how it is named


def test_a_program_of_a_suite(example: Example) -> None:
    written(example, more="runs: 2\nreports: {json: out.json}")
    session = example.run("pare.yaml", "-o", "log_level=INFO", "-o", "log_cli=true")
    assert session.outcomes() == {"passed": 2}
    assert session.header[0] == f"pare.yaml, 2 runs planned (1 x 2), agent: program agent.py ({' '.join(COMMAND)})"
    (group,) = json.loads((example.path / "out.json").read_text())["per_config_results"]
    assert group["proactive_model"] == "program:agent.py"
    # One program for both runs.
    assert len(set(pids(session.out))) == 1


def test_programs_in_a_matrix(example: Example) -> None:
    written(example)
    example.suite(
        f"""
        scenarios: {{bundled: true, include: [new_number]}}
        matrix:
          built_in: {{}}
          mine: {{agent: {{command: {program()}, cwd: programs, name: mine}}}}
          lazy: {{agent_type: "null"}}
        """
    )
    session = example.run("pare.yaml")
    assert session.outcomes() == {"passed": 2, "failed": 1}
    assert [line.removeprefix("pare.yaml, ") for line in session.header[1:4]] == [
        "agent: reference steps",
        f"agent: program mine ({' '.join(COMMAND)})",
        "agent: null",
    ]


def test_flags_name_another_program_or_another_agent(example: Example) -> None:
    written(example)
    session = example.run("pare.yaml", f"--pare-set=runner.agent.command={program('turn:exits')}")
    assert failure(session).startswith("turn 0: the program ")
    session = example.run("pare.yaml", "--pare-set=runner.agent_type=null")
    assert session.header[0].endswith(", agent: null")
    session = example.run(
        "pare.yaml", "--pare-set=runner.agent_type=null", f"--pare-set=runner.agent.command={program()}"
    )
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert 'runner.agent: the agent is a program (agent) and "null" (agent_type); leave one out' in session.err


@pytest.mark.parametrize(
    ("agent", "message"),
    [
        ("{}", "runner.agent.command: is required"),
        ("{command: []}", "runner.agent.command: must not be empty"),
        ("{command: python agent.py}", 'runner.agent.command: must be a list, got "python agent.py"'),
        ("{command: [a], wait: 3}", "runner.agent.wait: unknown key"),
        ("{command: [a], turn_timeout: 0}", "runner.agent.turn_timeout: must be more than 0, got 0"),
        ("", "runner.agent: must be a mapping with a command, got nothing"),
    ],
)
def test_what_is_no_program(example: Example, agent: str, message: str) -> None:
    session = example.suite(f"runner:\n  agent: {agent}\n").run("pare.yaml")
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert message in session.err


CONFTEST = """
import pytest
from pytest_pare.scenarios.agent_program import AgentProgram

@pytest.fixture
def proactive_agent():
    return {agent}
"""


def test_a_program_of_a_fixture(example: Example) -> None:
    written(example).suite("scenarios: {bundled: true, include: [new_number]}\nrunner: {agent_type: 'not:used'}")
    example.write("conftest.py", CONFTEST.format(agent=f"AgentProgram(command={COMMAND}, cwd='programs', name='mine')"))
    example.write("test_mine.py", "def test_mine(pare):\n    assert pare.run('new_number').success\n")
    session = example.run("pare.yaml", "test_mine.py")
    assert session.outcomes() == {"passed": 2}
    assert "user=oracle, proactive=program:mine, tool_fail=0.0, env_events=0" in session.summary


@pytest.mark.parametrize("agent", ["lambda turn: None", f"AgentProgram(command={COMMAND})"])
def test_a_fixture_and_the_suite_name_an_agent(example: Example, agent: str) -> None:
    written(example).write("conftest.py", CONFTEST.format(agent=agent))
    session = example.run("pare.yaml")
    assert failure(session).startswith(
        f"pare.yaml sets runner.agent = {' '.join(COMMAND)}, and the fixture proactive_agent returns another agent; "
        "leave one out"
    )


def test_an_agent_for_one_run_replaces_the_program(example: Example) -> None:
    written(example)
    example.write(
        "test_mine.py",
        """
        def test_mine(pare):
            turns = []
            run = pare.run("new_number", agent=turns.append)
            assert turns and run.trace.agent != "program:agent.py"
            assert pare.run("new_number").trace.agent == "program:agent.py"
        """,
    )
    assert example.run("--pare-config=pare.yaml", "test_mine.py").outcomes() == {"passed": 2}


# -- what is said of it


def test_the_labels_of_a_session(example: Example) -> None:
    written(example, "turn-1:exits", more="reports: {json: out.json}")
    session = example.run("pare.yaml")
    begin, _, log = failure(session).partition("\nthe last lines of its standard error:\n")
    expected = f"turn 1: the program {' '.join(COMMAND)} turn-1:exits exited with status 3 before it answered turn"
    assert " ".join(begin.split()) == expected
    assert log.splitlines()[1] == "  out of memory"
    assert session.open_runs[0].startswith("FAILED     new_number: turn 1: the program ")

    written(example, "turn:prints")
    session = example.run("pare.yaml", "--pare-min-success-rate=0")
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert "  Exceptions: 1 configuration" in session.summary
    assert failure(session).startswith("ProgramError: the program ")

    written(example, "turn:hangs", more="  timeout_seconds: 1")
    session = example.run("pare.yaml")
    assert failure(session).startswith("ScenarioTimeoutError: the run took longer than 1 s of real time")


def test_runs_that_differ_in_the_log_of_their_program_fail_equally(example: Example) -> None:
    written(example, "turn-1:exits", more="runs: 2\nreports: {markdown: out.md}")
    session = example.run("pare.yaml", "-vv")
    assert len(set(pids(session.out))) == 2
    [line] = [line for line in session.open_runs if line.startswith("FAILED     ")]
    assert line.startswith("FAILED     new_number, 2 of 2 runs: turn 1: the program ")
    report = (example.path / "out.md").read_text()
    assert report.count("exited with status 3 before it answered turn (out of memory)") == 2
    assert "pid" not in report


def test_starting_takes_no_time_of_the_run(example: Example) -> None:
    written(example, "start:slow", more="  timeout_seconds: 1\nreports: {json: out.json}")
    session = example.run("pare.yaml")
    assert session.outcomes() == {"passed": 1}
    assert any(re.search(r"Agent set-up took [12]\.\d s, in no run's duration", line) for line in session.summary)


def test_results_are_reused_only_with_a_version(example: Example) -> None:
    more = "  enable_caching: true\nreports: {json: out.json}"
    written(example, more=more)
    session = example.run("pare.yaml")
    expected = (
        "pare.yaml reuses no results, the version of a program is unknown, and the suite declares no agent_version"
    )
    assert expected in session.header
    assert not any("reused" in line for line in example.run("pare.yaml").summary)
    written(example, more=f"{more}\nagent_version: v1")
    example.run("pare.yaml")
    assert "  1 of 1 runs reused from earlier sessions" in example.run("pare.yaml").summary


def test_no_secret_is_in_what_a_session_writes(example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = ["env-secret-4711-abc", "session-secret-0815-def"]
    monkeypatch.setenv("OTHER_TOKEN", secrets[1])
    settings = f"    env: {{MY_API_KEY: {secrets[0]}}}\n    pass_env: [OTHER_TOKEN]\n"
    written(
        example,
        "run:prints-secret",
        more=settings + "  export: true\n  log_to_file: true\nreports: {json: out.json, markdown: out.md}",
    )
    session = example.run(
        "pare.yaml", "--junitxml=junit.xml", f"--pare-set=runner.agent.env={{MY_API_KEY: {secrets[0]}}}"
    )
    assert "[redacted]" in failure(session)
    texts = {path: unpacked(path) for path in example.path.rglob("*") if path.is_file() and path.name != "pare.yaml"}
    (log,) = (text.decode() for path, text in texts.items() if path.suffix == ".log")
    assert "pytest_pare.agents.program: agent.py: said [redacted]" in log
    assert not [path for path, text in texts.items() if any(secret.encode() in text for secret in secrets)]
    assert not any(secret in session.out + session.err for secret in secrets)


# -- processes


def run_in_process(example: Example, *args: str, **settings: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *args],
        cwd=example.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        **settings,
    )


def met(example: Example) -> list[int]:
    """Return the process ids that programs have left as names of files."""
    return sorted(int(path.name.removeprefix("met-")) for path in (example.path / "programs").glob("met-*"))


def test_two_workers_have_a_program_each(example: Example) -> None:
    written(example, "turn:meets", more="runs: 2")
    session = example.run("pare.yaml", "-n2", "--dist=load")
    assert session.outcomes() == {"passed": 2}
    assert len(met(example)) == 2
    await_end(*met(example))


@pytest.mark.parametrize("workers", ["-n0", "-n1"])
def test_an_interrupt_leaves_no_process(example: Example, workers: str) -> None:
    written(example, "turn:tells", more="runs: 2")
    session = run_in_process(example, "pare.yaml", workers)
    try:
        left = until(3 * PATIENCE)
        while not met(example):
            assert session.poll() is None
            assert left() > 0
            time.sleep(0.02)
        # All processes of the terminal get it.
        os.killpg(session.pid, signal.SIGINT)
        output, _ = session.communicate(timeout=PATIENCE)
    finally:
        session.kill()
    assert session.returncode == pytest.ExitCode.INTERRUPTED, output
    await_end(*met(example), session.pid)


def test_a_killed_worker_leaves_no_process(example: Example) -> None:
    written(example, "turn-1:kills-worker", more="runs: 1")
    session = run_in_process(example, "pare.yaml", "-n1", "--max-worker-restart=0")
    output, _ = session.communicate(timeout=3 * PATIENCE)
    (started,) = met(example)
    assert "NO RESULT  new_number: its process died" in output
    await_end(started)
