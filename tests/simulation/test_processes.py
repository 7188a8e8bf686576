"""Calls in other processes: what comes back, and that nothing stays behind, whatever a call does."""

from __future__ import annotations

import multiprocessing
import os
import select
import signal
import subprocess
import sys
import threading
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_pare import compat
from pytest_pare.simulation.processes import (
    OverdueError,
    ProcessFailure,
    StartError,
    UnsendableError,
    call_in_processes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
FOREVER = "exec('while True: pass')"
LARGE = 3_000_000


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


def evaluate(*expressions: Any, count: int = 2, limit: float | None = None) -> list[Any]:
    """Evaluate each expression in another process, and return what comes of it, a failure as its text."""
    outcomes = dict(call_in_processes(eval, expressions, count, limit))
    assert sorted(outcomes) == list(range(len(expressions)))
    return [str(outcome) if isinstance(outcome, ProcessFailure) else outcome for _, outcome in sorted(outcomes.items())]


def imported(name: str) -> str:
    return f"__import__({name!r})"


def exits(code: int) -> str:
    return f"{imported('os')}._exit({code})"


# -- what comes back


def test_a_process_stays_for_the_next_call() -> None:
    pid = f"{imported('os')}.getpid()"
    (pids,) = {tuple(evaluate(pid, pid, pid, count=1))}
    assert len(set(pids)) == 1
    assert pids[0] != os.getpid()


def test_nothing_to_call_starts_nothing() -> None:
    assert evaluate() == []


CASES: dict[str, tuple[Any, Any]] = {
    "a value": ("6 * 7", 42),
    "a large value": (f"b'x' * {LARGE}", b"x" * LARGE),
    "a large call": (f"len('{'x' * LARGE}')", LARGE),
    "an end that looks well": (exits(0), "the process ended before its call did (exit code 0)"),
    "an end": (exits(3), "the process ended before its call did (exit code 3)"),
    "a signal": (f"{imported('signal')}.raise_signal(9)", "the process ended before its call did (signal 9)"),
    "what cannot be sent": (threading.Lock(), "cannot pickle '_thread.lock' object"),
}


@settings(max_examples=5)
@given(st.permutations([*CASES, *CASES]), st.integers(min_value=1, max_value=3))
def test_what_ends_takes_nothing_along_but_its_own_call(names: list[str], count: int) -> None:
    outcomes = evaluate(*(CASES[name][0] for name in names), count=count)
    assert [outcome == CASES[name][1] for name, outcome in zip(names, outcomes, strict=True)] == [True] * len(names)


def test_a_call_that_never_returns_is_ended_and_the_others_are_not() -> None:
    overdue = "a call took longer than 1 s, and its process was ended"
    assert evaluate("1", FOREVER, "2", FOREVER, "3", limit=1) == [1, overdue, 2, overdue, 3]
    ((_, outcome),) = call_in_processes(eval, [FOREVER], 1, 0.1)
    assert isinstance(outcome, OverdueError)


def test_a_call_that_has_ended_in_time_is_not_overdue_because_of_what_is_done_with_another() -> None:
    calls = call_in_processes(eval, ["1", f"{imported('time')}.sleep(0.2) or 2"], 2, 1.5)
    outcomes = []
    for _, outcome in calls:
        outcomes.append(outcome)
        threading.Event().wait(1.8)
    assert outcomes == [1, 2]


def test_what_a_call_has_started_ends_with_it(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    stuck = f"{imported('subprocess')}.run('echo begun; exec sleep 60', shell=True, stdout=open({str(fifo)!r}, 'w'))"
    (outcome,) = evaluate(stuck, limit=1.0)
    assert "was ended" in outcome
    assert os.read(reader, 100) == b"begun\n"
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    # Both that held the other end open are gone.
    assert poll.poll(10_000) == [(reader, select.POLLHUP)]
    os.close(reader)


# -- what is the same over there


@pytest.mark.usefixtures("measured_children")
def test_directory_path_environment_and_imports_are_the_same_over_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, file = "pare_library:/some/where", tmp_path / "file.py"
    file.write_text("VALUE = 'of a library'")
    module = types.ModuleType(name)
    module.__file__ = str(file)
    monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OF_THE_TEST", "yes")
    compat.install()

    assert evaluate(
        f"{imported(name)}.VALUE",
        f"{imported('file')}.VALUE",
        f"{imported('os')}.getcwd()",
        f"{imported('os')}.environ['OF_THE_TEST']",
        f"{imported('pare')}.__doc__",
        f"{imported('multiprocessing')}.current_process().daemon",
        count=1,
    ) == ["of a library", "of a library", str(tmp_path), "yes", "The counterpart of pare.", False]


@pytest.mark.usefixtures("measured_children")
def test_what_cannot_be_imported_over_there_cannot_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("only_here")
    module.Thing = type("Thing", (), {"__module__": "only_here"})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "only_here", module)
    outcomes = dict(call_in_processes(str, [module.Thing(), 1], 1))
    assert isinstance(outcomes[0], UnsendableError)
    assert str(outcomes[0]) == "ModuleNotFoundError: No module named 'only_here'"
    assert outcomes[1] == "1"


# -- how it ends


def test_no_process_is_left_when_the_iterator_is_closed_early() -> None:
    calls = call_in_processes(eval, ["1", FOREVER], 2)
    assert next(calls) == (0, 1)
    assert len(multiprocessing.active_children()) == 2
    calls.close()


@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="signals are the main thread's")
def test_no_process_is_left_after_an_interrupt() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        interrupt = f"{imported('os')}.kill({os.getpid()}, 2) or {FOREVER}"
        with pytest.raises(KeyboardInterrupt):
            list(call_in_processes(eval, [FOREVER, interrupt], 2))
    finally:
        signal.signal(signal.SIGINT, before)


def start(code: str, tmp_path: Path) -> subprocess.Popen[str]:
    """Start a script in a session of its own; its output ends when nobody has it open any more."""
    file = tmp_path / "script.py"
    file.write_text(f"import os, signal\nfrom pytest_pare.simulation.processes import call_in_processes\n{code}")
    return subprocess.Popen(
        [sys.executable, str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


@pytest.mark.parametrize("delay", [0.0, 0.03, 0.3])
def test_no_process_is_left_after_an_interrupt_from_the_terminal(delay: float, tmp_path: Path) -> None:
    code = f"""
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    print("begins", flush=True)
    list(call_in_processes(eval, [{FOREVER!r}] * 3, 3))
"""
    with start(code, tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        threading.Event().wait(delay)
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT


def test_no_process_is_left_after_its_parent_was_killed(tmp_path: Path) -> None:
    code = f"""
if __name__ == "__main__":
    killer = "__import__('os').kill(%d, 9) or {FOREVER}" % os.getpid()
    list(call_in_processes(eval, [{FOREVER!r}, killer], 2))
"""
    with start(code, tmp_path) as process:
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL


def test_a_script_that_does_not_guard_itself_is_told_so(tmp_path: Path) -> None:
    with start("print(list(call_in_processes(eval, ['1'] * 50, 1)))", tmp_path) as process:
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (1, "")
    assert errors.endswith(
        f"{StartError.__module__}.StartError: a process ended before it was ready (exit code 1); a script that starts "
        'processes must be a file, and start them below `if __name__ == "__main__":`\n'
    )


def test_a_process_that_cannot_be_replaced_costs_the_calls_it_was_to_make(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = call_in_processes(eval, ["1", exits(1), "2"], 1)
    assert next(calls) == (0, 1)
    # A process reads it when it starts.
    monkeypatch.setattr(sys, "path", [])
    outcomes = [outcome for _, outcome in calls]
    assert [type(outcome) for outcome in outcomes] == [ProcessFailure, StartError]
