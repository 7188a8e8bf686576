"""However a session ends, its verdict is printed, its files are whole, and no report tells of an earlier session."""

from __future__ import annotations

import errno
import json
import os
import signal
import tempfile
from textwrap import indent
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from pytest_pare.ledger import directory
from pytest_pare.ledger.reader import read_ledger
from pytest_pare.plugin import process_end, summary
from pytest_pare.plugin.result_collector import ResultCollector
from pytest_pare.results import files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.plugin.conftest import Example, Session

SUITE = ("--pare-config", "pare.yaml")
REPORTS = "reports: {json: out.json, parquet: rows.parquet}"


@pytest.fixture
def garden(example: Example) -> Example:
    """Four runs of a scenario by the agent `my_agent:agent`, with reports."""
    example.pytester.makeini("[pytest]\npythonpath = .")
    example.scenario("rose")
    return example.suite(f"{{runs: 4, runner: {{agent_type: 'my_agent:agent', max_turns: 1}}, {REPORTS}}}")


def agent(example: Example, code: str, head: str = "") -> Example:
    """Write the agent: a body that is given `turn` and `run`, the number of the run."""
    return example.write(
        "my_agent.py",
        f"import os, signal, threading, time\n{head}\n\ndef agent(turn):\n"
        f"    run = int(turn.scenario_seed.rpartition('/')[2])\n{indent(code, '    ')}\n",
    )


def names(example: Example) -> set[str]:
    return {path.name for path in example.path.iterdir()} - {"__pycache__", ".pytest_cache"}


def gate(example: Example) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((example.path / "out.json").read_text())["gate"]
    return document


# -- a file that cannot be written


class PanicError(BaseException):
    """Stands for `polars.exceptions.PanicException`, which is no `Exception` and cannot be made here."""


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (OSError(errno.EMFILE, "Too many open files", "/lib/polars.so"), "Too many open files: /lib/polars.so"),
        (OSError("odd"), "OSError: odd"),
        (pl.exceptions.ComputeError("failed\nto write"), "ComputeError: failed to write"),
        (ValueError(), "ValueError"),
        (PanicError("no threads"), "PanicError: no threads"),
    ],
)
def test_whatever_a_report_raises_is_a_line_below_the_verdict(
    garden: Example, monkeypatch: pytest.MonkeyPatch, error: BaseException, expected: str
) -> None:
    def fail(*args: object) -> None:
        raise error

    monkeypatch.setattr(files, "write_json", fail)
    session = agent(garden, "pass").run(*SUITE)
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.summary[-4:] == [
        "gate PASS: 4 of 4 runs succeeded (100.0 %, 95 % CI 20.7 to 100.0), every run",
        "  must succeed (no rate set)",
        "wrote rows.parquet",
        f"pare: pare.yaml: cannot write the report {garden.path}/out.json: {expected}",
    ]
    assert pl.read_parquet(garden.path / "rows.parquet").height == 4
    assert gate(garden)["verdict"] == "UNFINISHED"
    assert session.has_no_traceback_of_ours()


def test_an_interrupt_while_files_are_written_is_one(garden: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "write_parquet", interrupt)
    with pytest.raises(KeyboardInterrupt):
        garden.pytester.runpytest_inprocess(*SUITE)


def test_a_figure_that_is_not_finite_has_no_json(garden: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "details_to_dict", lambda *runs: {"cost": float("nan")})
    session = agent(garden, "pass").run(*SUITE)
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.summary[-1].startswith(
        f"pare: pare.yaml: cannot write the report {garden.path}/out.json: ValueError"
    )
    assert "NaN" not in (garden.path / "out.json").read_text()


def test_figures_that_cannot_be_printed_cost_no_verdict(garden: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise pl.exceptions.ComputeError("no column")

    monkeypatch.setattr(summary, "report_lines", fail)
    session = agent(garden, "pass").run(*SUITE)
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.summary == [
        "gate PASS: 4 of 4 runs succeeded (100.0 %, 95 % CI 20.7 to 100.0), every run",
        "  must succeed (no rate set)",
        "wrote out.json, rows.parquet",
        "pare: pare.yaml: cannot print the figures: ComputeError: no column",
    ]


@pytest.mark.parametrize(
    ("hook", "expected"),
    [
        ("pytest_sessionfinish", "pare: a plugin failed at the end of the session: No space left on device: junit.xml"),
        ("pytest_terminal_summary", None),
    ],
)
def test_a_plugin_that_fails_at_the_end_costs_no_verdict(garden: Example, hook: str, expected: str | None) -> None:
    garden.write(
        "conftest.py",
        f"import pytest\n@pytest.hookimpl(tryfirst=True)\ndef {hook}():\n"
        "    raise OSError(28, 'No space left on device', 'junit.xml')",
    )
    agent(garden, "pass")
    if expected is None:
        session = garden.run_process(*SUITE)
        assert "No space left on device: 'junit.xml'" in session.err
    else:
        session = garden.run(*SUITE)
        assert session.summary[-1] == expected
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert "gate PASS: 4 of 4 runs succeeded" in session.out
    assert gate(garden)["verdict"] == "PASS"


def test_an_internal_error_costs_no_verdict(garden: Example) -> None:
    garden.write("conftest.py", "def pytest_runtest_logfinish(nodeid): 1 / 0")
    session = agent(garden, "pass").run(*SUITE)
    assert session.code == pytest.ExitCode.INTERNAL_ERROR
    assert session.verdict[:2] == [
        "gate FAIL: 1 of 4 runs succeeded (25.0 %), every run must succeed (no rate set):",
        "  3 no result",
    ]
    assert gate(garden)["verdict"] == "FAIL"


def test_a_full_disk_and_no_file_descriptors(garden: Example) -> None:
    """To what writes a file, a limit of its size is a disk that has become full."""
    garden.write(
        "conftest.py",
        """
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))

        def pytest_sessionstart():
            resource.setrlimit(resource.RLIMIT_FSIZE, (10240, 10240))
        """,
    )
    agent(garden, "while run == 4:\n    try: FILES.append(open(os.devnull))\n    except OSError: break", "FILES = []")
    session = garden.run_process(*SUITE, "-p", "no:cacheprovider")
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert "    Success rate          100.0 % (95 % CI 20.7 to 100.0, std 0.0, sem 0.0)" in session.summary
    assert session.summary[-4:] == [
        "gate PASS: 4 of 4 runs succeeded (100.0 %, 95 % CI 20.7 to 100.0), every run",
        "  must succeed (no rate set)",
        "wrote out.json",
        f"pare: pare.yaml: cannot write the report {garden.path}/rows.parquet: File too large",
    ]
    assert {name for name in names(garden) if name.startswith(("out", "rows", ".out", ".rows"))} == {"out.json"}


# -- the process ends in a run


def process_ends(example: Example, code: str, *flags: str, head: str = "") -> Session:
    agent(example, code, head)
    return example.run_process(*SUITE, *flags)


@pytest.mark.usefixtures("measured_children")
def test_the_agent_ends_the_process(garden: Example) -> None:
    session = process_ends(
        garden,
        """
if run == 1:
    child = os.fork()
    if child == 0:
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
if run == 3:
    _exit(0)
""",
        "--junitxml=junit.xml",
        head="from os import _exit",
    )
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert "os._exit(0) was called, at my_agent.py:13" in session.open_runs[0]
    assert session.verdict == [
        "gate FAIL: 2 of 4 runs succeeded (50.0 %), every run must succeed (no rate set):",
        "  2 no result",
        "cannot pass: 2 runs have no result",
    ]
    assert gate(garden)["verdict"] == "FAIL"
    assert '<property name="pare_verdict" value="FAIL"' in (garden.path / "junit.xml").read_text()


def test_a_thread_of_the_agent_ends_the_process(garden: Example) -> None:
    code = "if run == 2:\n    threading.Thread(target=lambda: os._exit(3)).start()\n    threading.Event().wait()"
    session = process_ends(garden, code)
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.verdict[0].startswith("gate FAIL: 1 of 4 runs succeeded")
    assert "os._exit(3) was called, at my_agent.py:7" in session.out


def test_a_run_that_ends_the_process_while_another_one_is_waited_for(garden: Example) -> None:
    code = "if run == 2: os._exit(3)\nwhile run == 1: time.sleep(0.01)"
    session = process_ends(garden, code, "--pare-concurrency=2")
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.verdict[0].startswith("gate FAIL: 0 of 4 runs succeeded")
    assert "os._exit(3) was called, at my_agent.py:6, in th" in session.out
    assert "INTERNALERROR" not in session.out


def test_a_killed_session_leaves_unfinished_reports_and_what_it_has(garden: Example) -> None:
    agent(garden, "pass").run(*SUITE)
    assert gate(garden)["verdict"] == "PASS"
    assert process_ends(garden, "if run == 3: os.kill(os.getpid(), signal.SIGKILL)").code == -signal.SIGKILL
    ledgers = directory.ledgers(garden.path / ".pare/runs")
    assert gate(garden) == {
        "verdict": "UNFINISHED",
        "passed": False,
        "reasons": [f"the session has not come to its verdict; results so far, if any: {ledgers[-1]}"],
    }
    assert not (garden.path / "rows.parquet").exists()
    killed = read_ledger(ledgers[-1])
    assert {str(run): outcome.kind for run, outcome in killed.results.outcomes.items()} == {
        "pare.yaml::rose[run1]": "success",
        "pare.yaml::rose[run2]": "success",
        "pare.yaml::rose[run3]": "no_result",
        "pare.yaml::rose[run4]": "no_result",
    }
    assert killed.judge().lines[0].startswith("gate FAIL: 2 of 4 runs succeeded")
    assert not killed.end
    agent(garden, "pass").run(*SUITE)
    assert gate(garden)["verdict"] == "PASS"


# -- the reports of an earlier session


def reports_of(example: Example) -> dict[str, tuple[bytes, int]]:
    paths = [example.path / name for name in ("out.json", "rows.parquet")]
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in paths if path.exists()}


def test_reports_are_unfinished_while_the_session_runs(garden: Example) -> None:
    code = "from pathlib import Path\nassert 'UNFINISHED' in Path('out.json').read_text()"
    session = agent(garden, code).run(*SUITE)
    assert session.outcomes() == {"passed": 4}
    agent(garden, "import pytest\npytest.exit('enough', 77)").run(*SUITE)
    assert gate(garden)["verdict"] == "FAIL"


@pytest.mark.parametrize(
    "flags",
    [["-k", "tulip"], ["--deselect", "pare.yaml"], ["--collect-only"], ["--setup-plan"], ["--fixtures"]],
)
def test_a_session_without_a_run_of_the_suite_leaves_earlier_reports(garden: Example, flags: list[str]) -> None:
    agent(garden, "pass").run(*SUITE)
    before = reports_of(garden)
    assert set(before) == {"out.json", "rows.parquet"}
    garden.run(*SUITE, *flags)
    assert reports_of(garden) == before


def test_a_session_without_a_run_makes_no_report(garden: Example) -> None:
    assert agent(garden, "pass").run(*SUITE, "-k", "tulip").code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert reports_of(garden) == {}


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (["--pare-set=scenarios.include=[tulip]"], pytest.ExitCode.INTERRUPTED),
        (["no_such_file.py"], pytest.ExitCode.USAGE_ERROR),
    ],
)
def test_a_session_that_could_not_collect_is_unfinished(
    garden: Example, flags: list[str], code: pytest.ExitCode
) -> None:
    agent(garden, "pass").run(*SUITE)
    assert garden.run(*SUITE, *flags).code == code
    assert gate(garden)["verdict"] == "UNFINISHED"
    assert set(reports_of(garden)) == {"out.json"}


# -- SIGTERM


TERMINATE = "os.kill(os.getpid(), signal.SIGTERM)"


@pytest.fixture
def _handler() -> Any:
    before = signal.getsignal(signal.SIGTERM)
    yield
    assert signal.getsignal(signal.SIGTERM) is before


def interrupted(session: Session, example: Example) -> bool:
    reason = next(line for line in session.verdict if line.startswith("cannot pass"))
    return (
        session.code == pytest.ExitCode.INTERRUPTED
        and reason.endswith("the session was interrupted")
        and "wrote out.json, rows.parquet" in session.summary
        and gate(example)["interrupted"]
    )


@pytest.mark.usefixtures("_handler")
@pytest.mark.parametrize(
    "code",
    [
        TERMINATE,
        f"{TERMINATE}\n{TERMINATE}",
        f"try:\n    {TERMINATE}\nexcept BaseException:\n    {TERMINATE}",
        f"async def wait(): {TERMINATE}\nimport asyncio\nasyncio.run(wait())",
    ],
)
def test_sigterm_is_an_interrupt(garden: Example, code: str) -> None:
    session = agent(garden, f"if run == 3:\n{indent(code, '    ')}").run(*SUITE)
    assert interrupted(session, garden)
    assert sum(session.outcomes().values()) in (2, 3)
    assert pl.read_parquet(garden.path / "rows.parquet").height == session.outcomes()["passed"]


@pytest.mark.usefixtures("_handler")
@pytest.mark.parametrize(
    ("workers", "pid"), [("-n1", "os.getpid()"), ("-n2", os.getpid())], ids=["to a worker", "to the controller"]
)
def test_sigterm_with_workers(garden: Example, workers: str, pid: object) -> None:
    code = f"if run == 2:\n    time.sleep(1.5)\n    os.kill({pid}, signal.SIGTERM)\n    time.sleep(3)"
    session = agent(garden, code).run(*SUITE, workers)
    assert interrupted(session, garden)
    assert "rose[run2]" not in (garden.path / "out.json").read_text()
    assert pl.read_parquet(garden.path / "rows.parquet").height >= 1


def test_a_handler_of_the_users_own_stays(garden: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: calls.append(number))
    try:
        assert agent(garden, f"if run == 3: {TERMINATE}").run(*SUITE).outcomes() == {"passed": 4}
        assert calls == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_code_that_does_not_let_go_of_sigterm(garden: Example) -> None:
    garden.write("conftest.py", "from pytest_pare.plugin import process_end\nprocess_end._UNWIND_SECONDS = 0.2")
    code = f"while run == 2:\n    try:\n        {TERMINATE}\n        time.sleep(60)\n    except BaseException: pass"
    session = process_ends(garden, code)
    assert interrupted(session, garden)
    assert session.verdict[0].startswith("gate FAIL: 1 of 4 runs succeeded")


# -- threads


def test_a_thread_that_an_agent_leaves_does_not_keep_the_process_alive(garden: Example) -> None:
    garden.write("conftest.py", "from pytest_pare.plugin import process_end\nprocess_end._THREAD_SECONDS = 0.2")
    code = """
pool = ThreadPoolExecutor()
pool.submit(str).result()
POOLS.append(pool)
if run == 2:
    threading.Thread(target=poll, name="poller").start()
"""
    head = """
import atexit
from concurrent.futures import ThreadPoolExecutor
POOLS = []
atexit.register(print, "at exit")

def poll():
    while True:
        threading.Event().wait()
"""
    session = process_ends(garden, code, head=head)
    assert session.code == pytest.ExitCode.OK
    assert session.err.splitlines() == [
        "pare: thread 'poller' still runs at my_agent.py:10, 0.2 s after the session; the process ends without it"
    ]
    assert "at exit" in session.out


def test_threads_that_end_are_not_named(garden: Example) -> None:
    code = "threading.Thread(target=time.sleep, args=(0.3,)).start()"
    session = process_ends(garden, code)
    assert (session.code, session.err) == (pytest.ExitCode.OK, "")


# -- what is left behind


def test_no_temporary_directory_is_left(garden: Example, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    garden.write("test_own.py", "def test_own(pare): assert pare.run('rose').result is not None")
    agent(garden, "pass")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert garden.run(*SUITE, "test_own.py").outcomes() == {"passed": 5}
    # A process that is not forked finds the directory by itself.
    garden.forks.wanted = False
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert garden.run(*SUITE, "-n1", "test_own.py").outcomes() == {"passed": 5}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("pytest-pare")] == []


def test_the_plugin_takes_back_what_it_changes(garden: Example) -> None:
    before = os._exit
    agent(garden, "pass").run(*SUITE)
    assert os._exit is before
    assert process_end._blocking_threads() == []


def test_a_run_that_ends_the_process_is_noted(garden: Example) -> None:
    """Between runs there is none to blame."""
    problems: list[str] = []
    finish: Callable[..., None] = ResultCollector.pytest_unconfigure

    def note(collector: ResultCollector) -> None:
        collector.note_end("os._exit(0) was called, at x.py:1")
        problems.extend(collector.problems)
        finish(collector)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ResultCollector, "pytest_unconfigure", note)
        agent(garden, "pass").run(*SUITE)
    assert problems == ["the session was ended: os._exit(0) was called, at x.py:1"]
