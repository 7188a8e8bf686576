"""What is said of a program that fails, and whose fault it is: the agent's, or that of what was configured."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_pare.agents.errors import ProgramError, ProgramFailure
from pytest_pare.agents.program import pool
from pytest_pare.agents.program.output import Output
from pytest_pare.scenarios.agent_program import AgentProgram
from tests.agents.programs import Played, await_end, is_running, spec, take

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def no_program_is_left() -> Iterator[None]:
    yield
    pool.close_all()


OUT_OF_MEMORY = "\nthe last lines of its standard error:\n  pid PID\n  out of memory"


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("start:exits", f" exited with status 3 before it answered initialize{OUT_OF_MEMORY}"),
        ("start:crashes", " was ended by SIGSEGV (signal 11) before it answered initialize\n"),
        ("start:hangs", " did not answer initialize within 1 s (start_timeout)\n"),
        ("start:prints", " does not follow the protocol: its standard output has a line that is no JSON. "),
        ("start:closes-stdout", " closed its standard output before it answered initialize, and runs on; "),
        ("initialize:raises", " answered initialize with the error -32000: the model is not loaded"),
        ("new-version", " speaks another version of the protocol: expected protocol_version 1, got 2; see "),
        ("run:exits", f" exited with status 3 before it answered run/start{OUT_OF_MEMORY}"),
        ("run:raises", " answered run/start with the error -32000: the model is not loaded"),
    ],
)
def test_a_program_that_does_not_start(fault: str, message: str) -> None:
    with pytest.raises(ProgramError) as raised:
        take(spec(fault, start_timeout=1))
    assert raised.value.kind == "configuration"
    command = " ".join(spec(fault).command)
    text = str(raised.value)
    pid = text.partition("\n  pid ")[2].partition("\n")[0]
    assert text.replace(f"pid {pid}", "pid PID").startswith(f"the program {command}{message}")
    assert pool._pool.busy == []
    if pid:
        await_end(int(pid))


def test_a_command_that_cannot_be_run(tmp_path: Path) -> None:
    (tmp_path / "plain.txt").write_text("text")
    (tmp_path / "script").write_text("#!/no/such/python\n")
    (tmp_path / "script").chmod(0o755)
    for command, message in {
        "no-such-program": "there is no no-such-program in PATH",
        "./no-such-program": f"there is no ./no-such-program relative to {tmp_path} (cwd)",
        "./plain.txt": "Permission denied",
        "./script": "the interpreter in its first line does not exist",
        ".": "Permission denied",
        "a\0b": "embedded null byte",
    }.items():
        with pytest.raises(ProgramError, match=r"\Athe program .* cannot be started: ") as raised:
            take(AgentProgram(command=(command,), cwd=str(tmp_path)))
        assert str(raised.value).partition("started: ")[2] == message
    with pytest.raises(ProgramError, match=r"there is no directory .*/gone \(cwd\)"):
        take(AgentProgram(command=("sh",), cwd=str(tmp_path / "gone")))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("turn:exits", f" exited with status 3 before it answered turn{OUT_OF_MEMORY}"),
        ("turn:crashes", " was ended by SIGSEGV (signal 11) before it answered turn\n"),
        ("turn:hangs", " did not answer turn within 0.5 s (turn_timeout)\n"),
        ("turn:never-stops", " did not answer turn within 0.5 s (turn_timeout)\n"),
        ("turn:ignores-sigterm", " did not answer turn within 0.5 s (turn_timeout)\n"),
    ],
)
def test_a_program_that_fails_in_a_turn(fault: str, message: str) -> None:
    # A program that ends by itself has all the time that it needs on a busy machine.
    played = Played(spec(fault, turn_timeout=0.5 if "turn_timeout" in message else 60.0))
    with pytest.raises(ProgramFailure) as raised:
        played.turn()
    pid = played.member.program._process.pid
    assert message in str(raised.value).replace(f"pid {pid}", "pid PID")
    assert not played.member.program.is_usable
    assert not is_running(pid)


TRACEBACK = (
    "\nthe last lines of its standard error:\n  Traceback (most recent call last):\n  Failed: the model is not loaded"
)


@pytest.mark.parametrize(("fault", "more"), [("raises", ""), ("raises-loudly", TRACEBACK), ("repeats", "")])
def test_a_program_that_reports_an_error_fails_as_an_agent_in_process(fault: str, more: str) -> None:
    played = Played(spec(f"turn-1:{fault}"))
    # The lines of an earlier turn are no part of the message.
    played.agent(played.make_turn())
    with pytest.raises(ProgramFailure) as raised:
        played.turn()
    assert str(raised.value) == f"the agent raised the model is not loaded{more}"
    assert played.member.program.is_usable


WITHHELD = "\nit does not get MY_API_KEY of the session; if it needs that, name it in pass_env"


def test_a_program_that_lacks_a_secret_of_the_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_API_KEY", "not-in-any-report-0816")
    monkeypatch.setenv("OTHER_API_KEY", "not-in-any-report-0817")
    agent = tmp_path / "agent.py"
    agent.write_text("import os; os.environ['MY_API_KEY']")
    given = {"command": [sys.executable, "agent.py"], "cwd": str(tmp_path)}
    with pytest.raises(ProgramError) as raised:
        take(AgentProgram.model_validate(given))
    assert f"{WITHHELD}\nthe last lines of its standard error:\n  " in str(raised.value)
    assert str(raised.value).endswith("KeyError: 'MY_API_KEY'")
    for more in ({"pass_env": ["MY_API_KEY"]}, {"env": {"MY_API_KEY": "x"}}):
        with pytest.raises(ProgramError) as raised:
            take(AgentProgram.model_validate(given | more))
        assert "pass_env" not in str(raised.value)


def test_a_program_that_serves_no_agent(tmp_path: Path) -> None:
    (tmp_path / "agent.py").write_text("def agent(turn): pass")
    with pytest.raises(ProgramError) as raised:
        take(AgentProgram(command=(sys.executable, "agent.py"), cwd=str(tmp_path)))
    assert str(raised.value) == (
        f"the program {sys.executable} agent.py exited with status 0 before it answered initialize; it must serve an "
        "agent, see docs/agent-protocol.md; it wrote nothing to its standard error"
    )


def test_an_answer_that_names_a_secret_of_the_session() -> None:
    output = Output("agent", frozenset(["MODEL_TOKEN"]))
    output.begin_request()
    assert output.lines_beyond("KeyError: 'MODEL_TOKENS'") == ""
    assert output.lines_beyond("KeyError: 'MODEL_TOKEN'") == WITHHELD.replace("MY_API_KEY", "MODEL_TOKEN")


OUTPUT = " does not follow the protocol: its standard output has "


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("prints", "a line that is no JSON. The standard output belongs to the protocol; print to the standard error "),
        ("prints-nan", "a line that is no JSON. "),
        ("prints-latin", "a line that is no JSON. "),
        ("nested", "a line that is no JSON. "),
        ("wrong-id", "an answer with the id 4711, which no open request has. "),
        ("invalid", 'JSON that is no message of JSON-RPC 2.0: it has no "jsonrpc": "2.0". '),
        ("batch", "JSON that is no message of JSON-RPC 2.0: it is no object. "),
        ("no-result", "JSON that is no message of JSON-RPC 2.0: an answer has either a result or an error. "),
        ("large", "a line of more than 16,777,216 bytes. "),
        ("endless", "a line of more than 16,777,216 bytes. "),
    ],
)
def test_a_program_that_does_not_follow_the_protocol(fault: str, message: str) -> None:
    played = Played(spec(f"turn:{fault}", turn_timeout=10))
    with pytest.raises(ProgramError) as raised:
        played.turn()
    text = str(raised.value)
    assert f"{OUTPUT}{message}" in text
    assert "Got: " in text
    assert len(text) < 1500
    assert not is_running(played.member.program._process.pid)


def test_a_program_that_closes_its_standard_output() -> None:
    played = Played(spec("turn:closes-stdout"))
    with pytest.raises(ProgramError, match="closed its standard output before it answered turn, and runs on"):
        played.turn()


def test_no_secret_is_in_a_message() -> None:
    secret = "not-in-any-report-0815"
    played = Played(spec("turn:prints-secret", env={"MY_API_KEY": secret}))
    with pytest.raises(ProgramError) as raised:
        played.turn()
    assert "Got: the key is [redacted]" in str(raised.value)
    assert "said [redacted]" in str(raised.value)
    assert secret not in str(raised.value)


def test_a_turn_that_is_too_large() -> None:
    played = Played(spec(program="player.py"))
    with pytest.raises(ProgramError, match="cannot play this run: turn has more than 16,777,216 bytes"):
        played.turn(["wait", {"text": "x" * (17 << 20)}])


def test_the_time_of_the_run_ends_a_turn() -> None:
    played = Played(spec("turn:hangs"))
    left = iter([math.inf, math.inf, 0.2, 0.0])
    played.agent.seconds_left = lambda: next(left, 0.0)
    with pytest.raises(ProgramFailure):
        played.turn()
    await_end(played.member.program._process.pid)
