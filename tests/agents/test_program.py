"""Programs as agents: their turns, what they may ask for, and how the processes are kept and ended."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.agents.errors import ProgramError, ProgramFailure
from pytest_pare.agents.program import pool
from pytest_pare.agents.program.environment import environment_of
from pytest_pare.agents.program.process import until
from tests.agents.programs import PATIENCE, EndOfRun, Played, await_end, give_back, is_running, spec, take

if TYPE_CHECKING:
    from collections.abc import Iterator

LOG = "pytest_pare.agents.program"


@pytest.fixture(autouse=True)
def no_program_is_left(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG, LOG)
    yield
    pool.close_all()


@pytest.fixture
def played() -> Played:
    return Played(spec(program="player.py"))


def pid_of(member: pool.Member) -> int:
    return member.program._process.pid


# -- turns


def test_the_tools_come_with_the_first_turn_of_each_run(played: Played) -> None:
    first, second = played.turn()["turn"], played.turn()["turn"]
    assert sorted(first) == ["mode", "notifications", "number", "proposal", "time", "tools"]
    assert [one["function"]["name"] for one in first["tools"]][:2] == ["record", "take_down"]
    assert (first["number"], first["time"], first["mode"], first["proposal"]) == (
        0,
        "2025-01-06T12:00:00+00:00",
        "observe",
        None,
    )
    assert "tools" not in second
    give_back(played.member)
    again = Played(spec(program="player.py"))
    assert pid_of(again.member) == pid_of(played.member)
    assert "tools" in again.turn()["turn"]


def test_requests_are_answered_in_their_order(played: Played) -> None:
    said = [f"{number} é \ud83d" for number in range(50)]
    report = played.turn(*(["tools/call", {"name": "take_down", "arguments": {"text": text}}] for text in said))
    assert played.calls == said
    assert report["ids"] == list(range(1, 51))
    assert report["outcomes"] == [{"result": None}] * 50


CALL = "tools/call"


@pytest.mark.parametrize(
    ("step", "code", "message"),
    [
        ([CALL, {"name": "open"}], -32002, "there is no tool open now; there are record, take_down, "),
        ([CALL, {"name": "ConsentRequired"}], -32003, "as told"),
        ([CALL, {"name": "ToolFailure"}], -32004, "as told"),
        ([CALL, {"name": "ToolTimeout"}], -32005, "as told"),
        ([CALL, {"name": "TurnOver"}], -32006, "as told"),
        ([CALL, {"name": "ZeroDivisionError"}], -32001, "as told"),
        ([CALL, {"name": "KeyError"}], -32001, "'as told'"),
        ([CALL, {"name": 3}], -32602, "tools/call: name must be text"),
        ([CALL, {"name": "repeat", "arguments": "x"}], -32602, "tools/call: arguments must be an object"),
        ([CALL, ["repeat"]], -32602, "tools/call takes its parameters as an object"),
        (["propose", {}], -32602, "propose: text must be text"),
        (["propose", {"text": "May I?"}], -32002, "this scenario has no tool send_message_to_user; "),
        (["give_up", {"reason": None}], -32602, "give_up: reason must be text"),
        (["sleep", {}], -32601, "there is no method sleep"),
    ],
)
def test_a_request_that_fails(played: Played, step: list[Any], code: int, message: str) -> None:
    (error,) = played.turn(step)["outcomes"]
    assert error["code"] == code
    assert error["message"].startswith(message)
    assert error.get("data") == ({"type": error["data"]["type"]} if code == -32001 else None)


def test_a_program_gets_the_type_of_a_tools_exception(played: Played) -> None:
    (error,) = played.turn([CALL, {"name": "ZeroDivisionError"}])["outcomes"]
    assert error["data"] == {"type": "ZeroDivisionError"}


def test_what_ends_the_run_is_raised_when_the_turn_has_ended(played: Played) -> None:
    with pytest.raises(EndOfRun):
        played.turn([CALL, {"name": "EndOfRun"}], ["wait", {}])
    over, waited = played.reports[-1]["outcomes"]
    assert (over["code"], waited) == (-32007, {})
    assert played.member.program.is_usable


def test_a_program_that_goes_on_after_the_end_of_the_run_is_ended(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_pare.agents.program.agent._GRACE_SECONDS", 0.1)
    with pytest.raises(EndOfRun):
        played.turn([CALL, {"name": "EndOfRun"}], ["hangs"])
    assert not played.member.program.is_usable


def test_a_program_learns_late_that_the_run_is_over(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    # An error of the model, for example, which a thread of the server has met.
    monkeypatch.setattr("pytest_pare.agents.program.agent._GRACE_SECONDS", 0.1)
    played.agent.is_over = lambda: True
    with pytest.raises(ProgramFailure):
        played.turn(["hangs"])
    assert not played.member.program.is_usable


def test_a_program_that_does_not_read_is_served(played: Played) -> None:
    # 8 MB of answers, to a program that writes 100 kB of requests before it reads the first one.
    requests = [[CALL, {"name": "repeat", "arguments": {"text": "x" * 1000}}]] * 8
    report = played.turn(*requests, [CALL, {"name": "take_down", "arguments": {"text": "x" * 100_000}}])
    assert report["outcomes"][0] == {"result": "x" * 1_000_000}
    assert len(report["outcomes"]) == 9


def test_a_result_that_is_too_large_is_an_error(played: Played) -> None:
    text = "x" * 20_000
    (error,) = played.turn([CALL, {"name": "repeat", "arguments": {"text": text}}])["outcomes"]
    assert (error["code"], error["message"]) == (-32603, "the result has more than 16,777,216 bytes")


def test_requests_outside_of_a_turn_are_refused(caplog: pytest.LogCaptureFixture) -> None:
    played = Played(spec("early", program="player.py"))
    assert played.turn()["outcomes"] == []
    give_back(played.member)
    assert "player.py: early: -32006" in caplog.messages


def test_log_notifications(played: Played, caplog: pytest.LogCaptureFixture) -> None:
    played.turn(["log", {"level": "error", "text": "no model"}], ["log", {"level": "loud", "text": "no model"}])
    logged = [(record.levelname, record.message) for record in caplog.records]
    assert ("ERROR", "player.py: no model") in logged
    assert (
        "WARNING",
        "player.py: a log notification needs a text, and a level of debug, info, warning, error",
    ) in logged


# -- processes


def test_one_program_plays_one_run_at_a_time() -> None:
    one, two = take(spec()), take(spec())
    assert pid_of(one) != pid_of(two)
    give_back(one)
    give_back(two)
    assert {pid_of(take(spec())), pid_of(take(spec()))} == {pid_of(one), pid_of(two)}
    assert pid_of(take(spec())) not in (pid_of(one), pid_of(two))


def test_another_environment_is_another_program(monkeypatch: pytest.MonkeyPatch) -> None:
    one = take(spec())
    give_back(one)
    monkeypatch.setenv("MODEL", "small")
    assert pid_of(take(spec())) != pid_of(one)


def test_few_programs_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_MOST_IDLE", 1)
    one, two = take(spec()), take(spec())
    give_back(one)
    give_back(two)
    assert not one.program.is_usable
    assert two.program.is_usable


def test_the_end_of_the_session_ends_programs_in_order(caplog: pytest.LogCaptureFixture) -> None:
    member = take(spec(program="player.py"))
    give_back(member)
    pool.close_all()
    assert "player.py: goodbye" in caplog.messages
    assert member.program._process.returncode == 0


@pytest.mark.parametrize("fault", ["between:exits", "between:prints"])
def test_a_program_that_fails_between_runs_is_replaced(fault: str, caplog: pytest.LogCaptureFixture) -> None:
    one = take(spec(fault))
    give_back(one)
    two = take(spec(fault))
    assert pid_of(two) != pid_of(one)
    (warning,) = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert "; a new one is started" in warning


def test_a_program_that_fills_its_standard_error_between_runs_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    one = take(spec("between:chatters"))
    give_back(one)
    left = until(PATIENCE)
    log = one.program._process.stderr
    assert log is not None
    # It writes 1 MiB, and the pipe holds 64 KiB.
    while int.from_bytes(fcntl.ioctl(log, termios.FIONREAD, bytes(4)), sys.byteorder) < 60_000:
        assert left() > 0
        time.sleep(0.01)
    assert pid_of(take(spec("between:chatters"))) == pid_of(one)
    assert f"agent.py:    16383 {'x' * 54}" in caplog.messages


def test_the_end_of_a_run_may_take_its_time(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("pytest_pare.agents.program.process._END_OF_RUN_SECONDS", 0.0)
    one = take(spec())
    give_back(one)
    assert "agent.py: run/end goes on" in caplog.messages
    assert pid_of(take(spec())) == pid_of(one)


def test_a_hanging_end_of_a_run_is_ended_with_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_pare.agents.program.process._END_OF_RUN_SECONDS", 0.1)
    monkeypatch.setattr(pool, "_END_SECONDS", 0.1)
    member = take(spec("end:ignores-sigterm"))
    give_back(member)
    pool.close_all()
    assert not is_running(pid_of(member))


def test_a_fork_has_no_programs() -> None:
    member = take(spec())
    give_back(member)
    busy = take(spec("other"))
    child = os.fork()
    if child == 0:
        status = 1
        try:
            pool.close_all()
            status = 0 if pool._pool.idle == [] and not busy.program.is_usable else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert pid_of(take(spec())) == pid_of(member)


HOST = """
import faulthandler, os, signal, sys
from pytest_pare.agents.program import pool
from pytest_pare.scenarios.agent_program import AgentProgram
pool._END_SECONDS = 0.1
program = AgentProgram(command=tuple({command}))
member = pool.take(program, lambda: pool.Access({{}}), lambda member: member.program.begin_run({{}}))
print(member.program._process.pid, pool.groups._reaper.pid, flush=True)
member.program.end_run("max_turns")
{end}
"""


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("os._exit(3)", 3),
        ("sys.exit(4)", 4),
        ("faulthandler.dump_traceback_later(0.01, exit=True); signal.pause()", 1),
    ],
)
def test_programs_end_with_their_process(end: str, status: int) -> None:
    # A program that hangs does not notice the end of its standard input.
    command = list(spec("between:ignores-sigterm").command)
    code = HOST.format(command=command, end=end)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == status, done.stderr
    await_end(*map(int, done.stdout.split()))


def test_an_interrupt_ends_the_wait_at_once() -> None:
    with pytest.raises(KeyboardInterrupt):
        take(spec("run:interrupts"))
    assert pool._pool.busy == []


# -- environment


def test_the_environment_of_a_program() -> None:
    session = {
        "PATH": "/bin",
        "OPENAI_API_KEY": "sk-1",
        "OTHER_TOKEN": "t-1",
        "PYTHONPATH": "lib",
        "PYTHONHOME": "/py",
        "PYTHONUTF8": "1",
        "VIRTUAL_ENV": "/venv",
        "PYTEST_CURRENT_TEST": "x",
        "PARE_SESSION_DIR": "/tmp/x",
        "COV_CORE_SOURCE": "x",
        "COVERAGE_PROCESS_START": "x",
        "LANG": "C",
    }
    program = spec(pass_env=["OTHER_TOKEN", "MISSING"], env={"LANG": "de", "MODEL_KEY": "m-1"})
    assert environment_of(program, session) == {
        "PATH": "/bin",
        "OTHER_TOKEN": "t-1",
        "PYTHONUTF8": "1",
        "LANG": "de",
        "MODEL_KEY": "m-1",
    }


def test_what_is_granted_is_revoked_with_the_program() -> None:
    revoked = []
    grant = lambda: pool.Access({"PARE_MCP_TOKEN": "t"}, "t", lambda: revoked.append("t"))  # noqa: E731
    with pytest.raises(ProgramError):
        pool.take(spec("start:exits"), grant, lambda _member: None)
    assert revoked == ["t"]
    pool.give_back(pool.take(spec(), grant, lambda _member: None))
    assert revoked == ["t"]
    pool.close_all()
    assert revoked == ["t", "t"]
