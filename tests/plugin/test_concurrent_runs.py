"""Runs that are played at the same time in threads: equal to runs one by one, and what ends them early."""

from __future__ import annotations

import gzip
import json
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.plugin import concurrency, run_thread
from pytest_pare.settings.runs import RunRange
from tests.engines.model_server import ModelServer, answers

if TYPE_CHECKING:
    from tests.plugin.conftest import Example, Session

SUITE = ("--pare-config", "pare.yaml", "-p", "no:cacheprovider")

# It waits until as many runs wait as the file says, and leaves a line for each run.
AGENT = """
import asyncio, logging, pathlib, sys, threading, warnings
HERE = pathlib.Path(__file__).parent
BARRIER = threading.Barrier(int((HERE / "together").read_text()), timeout=60)

def agent(turn):
    with (HERE / "played").open("a") as file:
        file.write("run\\n")
    BARRIER.wait()
    talk(turn)

def talk(turn):
    for word in ("one", "two"):
        print(word, turn.time)
        print(word, file=sys.stderr)
        warnings.warn(f"mind the {word}")
        warnings.warn("old", DeprecationWarning)
        logging.getLogger("agent").info(word)
        BARRIER.wait()
    asyncio.run(asyncio.to_thread(print, "from another thread of the run"))
    turn.propose("May I water the plants?")
"""


@pytest.fixture
def garden(example: Example) -> Example:
    """A project with an agent of its own that talks, and three scenarios."""
    example.write("agents.py", AGENT).scenario("dig").scenario("mow", "fail").scenario("weed")
    runner = {"agent_type": "agents:agent", "max_turns": 1, "export": True}
    suite = {"runner": runner, "gate": {"min_success_rate": 0}, "reports": {"json": "out.json"}}
    example.pytester.makeini("[pytest]\npythonpath = .\nlog_level = INFO\nfilterwarnings = ignore:mind the two")
    return example.suite(json.dumps(suite))


def play(garden: Example, *args: str, together: int = 1, at_once: int | None = None) -> Session:
    garden.write("together", str(together)).write("played", "")
    return garden.run(*SUITE, f"--pare-concurrency={at_once or together}", *args)


def played(garden: Example) -> int:
    return len((garden.path / "played").read_text().splitlines())


def without_durations(session: Session) -> list[str]:
    lines = [line for line in session.result.outlines if "duration" not in line and "pare-concurrency" not in line]
    return [re.sub(r"in [\d.]+s", "", line) for line in lines if not line.startswith("pare: 3 runs, up to")]


def traces(garden: Example) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (garden.path / "traces").iterdir()}


def rows(garden: Example) -> list[dict[str, object]]:
    report = json.loads((garden.path / "out.json").read_text())
    return [{key: value for key, value in row.items() if "duration" not in key} for row in report["results"]]


def test_runs_at_once_are_those_that_were_played_one_by_one(garden: Example) -> None:
    one_by_one = play(garden, "-rA")
    before, results = traces(garden), rows(garden)
    at_once = play(garden, "-rA", together=3)
    assert "3 runs, up to 3 at once" in at_once.header
    assert "mind the one" in at_once.out
    assert "mind the two" not in at_once.out
    assert at_once.out.count("from another thread of the run") == 3
    assert without_durations(at_once) == without_durations(one_by_one)
    assert traces(garden) == before
    assert rows(garden) == results


def test_what_cannot_be_started_ahead_is_played_alone(garden: Example) -> None:
    garden.scenario("mow", marks="@pytest.mark.skip").scenario("rake", marks="@pytest.mark.skipif(False, reason='')")
    garden.scenario("sow").scenario("till")
    session = play(garden, together=1, at_once=4)
    assert "4 runs, up to 4 at once; 1 one by one: mark skipif" in session.header
    assert session.outcomes() == {"passed": 5, "skipped": 1, "warnings": 15}
    assert played(garden) == 5


def test_a_fixture_for_each_test_keeps_runs_apart(garden: Example) -> None:
    garden.write("conftest.py", "import pytest\n@pytest.fixture(autouse=True)\ndef here(monkeypatch): pass")
    session = play(garden, at_once=3)
    assert "3 runs one by one: fixture here of scope function, not session" in session.header


@pytest.mark.parametrize(
    ("made", "together"),
    [("agents.Agent", 3), ("lambda: agents.Agent()", 3), ("agents.agent", 3), ("agents.Agent()", 1)],
)
def test_a_fixture_of_the_session_makes_an_agent_for_each_run(made: str, together: int, garden: Example) -> None:
    garden.write("agents.py", f"{AGENT}\nclass Agent:\n    def __call__(self, turn):\n        agent(turn)\n")
    garden.write(
        "conftest.py",
        f"""
        import agents, pytest

        @pytest.fixture(scope="session")
        def proactive_agent():
            return {made}
        """,
    )
    garden.suite(json.dumps({"runner": {"max_turns": 1}, "gate": {"min_success_rate": 0}}))
    # An agent that all runs share is played one by one; the barrier would break.
    session = play(garden, together=together, at_once=3)
    assert session.outcomes()["passed"] == 2
    assert played(garden) == 3
    assert ("3 runs one by one: the fixture proactive_agent returned one object" in session.words) == (together == 1)


def test_x_starts_no_more_and_says_what_it_does_not_count(garden: Example) -> None:
    garden.scenario("dig", "fail").scenario("rake").scenario("sow")
    session = play(garden, "-x", together=2)
    assert session.outcomes()["failed"] == 1
    assert "1 run was started ahead when the session ended, and not counted" in session.words
    assert played(garden) == 2


def test_a_run_that_never_ends_costs_no_other(garden: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_thread, "GRACE_SECONDS", 0.1)
    garden.scenario("mow", "while True: time.sleep(0.01)")
    session = play(garden, "--pare-set", "runner.timeout_seconds=1", together=3)
    assert session.outcomes()["passed"] == 2
    assert session.verdict[-1] == "cannot pass: 1 run has no result"
    assert "still in scenarios/mow.py:" in session.words
    assert "its thread was left behind" in session.words


@pytest.mark.parametrize("raised", ["KeyboardInterrupt", "pytest.exit('enough')"])
def test_an_interrupt_in_a_run_ends_the_session(raised: str, garden: Example) -> None:
    garden.scenario("dig", f"raise {raised}" if raised[0] == "K" else raised)
    assert play(garden, together=3).code == int(pytest.ExitCode.INTERRUPTED)


def test_finished_and_reused_results_are_not_started(garden: Example) -> None:
    garden.suite(garden.path.joinpath("pare.yaml").read_text().replace('"export"', '"enable_caching": true, "export"'))
    garden.suite(garden.path.joinpath("pare.yaml").read_text()[:-1] + ', "agent_version": "1"}')
    play(garden, together=3)
    assert played(garden) == 3
    assert play(garden, together=3).outcomes()["passed"] == 2
    assert played(garden) == 0
    play(garden, "--pare-resume", together=3)
    assert played(garden) == 0


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (["--pare-budget", "1min"], "--pare-budget starts a run when it has the use of the runs before it"),
        (["--pdb"], "a debugger stops in one run at a time (--pdb, --trace)"),
    ],
)
def test_the_header_says_why_a_session_plays_one_by_one(flags: list[str], reason: str, garden: Example) -> None:
    session = play(garden, "--collect-only", *flags, together=3)
    assert f"one run at a time in each process: {reason}" in session.header


def test_workers_play_runs_at_once_and_none_twice(garden: Example) -> None:
    for name in ("rake", "sow", "till"):
        garden.scenario(name)
    # A run takes the process with it, while others are in flight or have ended before their items.
    garden.scenario("dig", "time.sleep(1); os.kill(os.getpid(), signal.SIGKILL)")
    session = play(garden, "-n2", "--dist=load", together=1, at_once=3)
    assert "pare: 6 runs, up to 3 at once, in each worker" in session.words
    assert re.search(
        r"worker gw\d died while it played this run ahead of its turn; it is not played again", session.words
    )
    assert session.verdict[-1].startswith("cannot pass:")
    assert played(garden) == 6


# It asks a model at the endpoint of its run, or by the variables of the process.
ASKING = """
import json, os, pathlib, threading, urllib.request

BARRIER = threading.Barrier(2, timeout=60)

def ask(url, token):
    body = json.dumps({"model": "any", "messages": [{"role": "user", "content": "What now?"}]}).encode()
    headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
    return urllib.request.urlopen(urllib.request.Request(url + "/chat/completions", body, headers)).read()

def by_turn(turn):
    ask(turn.models.url, turn.models.token)

def by_variables(turn):
    BARRIER.wait()
    try:
        ask(os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"])
    except urllib.error.HTTPError as error:
        turn.propose(error.read().decode()[:200])
    BARRIER.wait()
"""


def asking(example: Example, agent: str, engine: dict[str, object], **keys: object) -> None:
    example.pytester.makeini("[pytest]\npythonpath = .")
    example.write("asking.py", ASKING).scenario("dig").scenario("mow")
    runner = {"agent_type": f"asking:{agent}", "agent_engine_config": engine, "max_turns": 1, "export": True}
    example.suite(json.dumps({"runner": runner, **keys}))


def test_cassettes_of_runs_at_once_are_those_of_one_by_one(example: Example) -> None:
    with ModelServer([answers("Water.")]) as server:
        engine: dict[str, object] = {"model_name": "m", "endpoint": server.url}
        asking(example, "by_turn", engine, live=True, cassettes={"dir": "cassettes"})
        recorded = []
        for at_once in ("1", "2"):
            session = example.run(*SUITE, "--pare-record=all", f"--pare-concurrency={at_once}")
            assert session.outcomes()["passed"] == 2
            recorded.append({path.name: path.read_text() for path in (example.path / "cassettes").iterdir()})
    assert set(recorded[0]) == {"dig.jsonl", "mow.jsonl"}
    times = re.compile(r'"[a-z_]*(seconds|duration)[a-z_]*": ?[\d.e-]+')
    first, second = ({name: times.sub("", text) for name, text in one.items()} for one in recorded)
    assert first == second


def test_the_variables_of_the_process_belong_to_no_run(example: Example) -> None:
    asking(example, "by_variables", {"model_name": "s", "provider": "scripted", "answers": ["Water."]})
    session = example.run(*SUITE, "--pare-concurrency=2")
    assert session.outcomes()["passed"] == 2
    text = gzip.decompress((example.path / "traces" / "dig.jsonl.gz").read_bytes()).decode()
    assert "several runs are open in this process" in text


@pytest.mark.parametrize(("number", "is_later"), [(1, False), (2, False), (3, True)])
def test_no_run_of_a_later_round_is_started_ahead(number: int, is_later: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    suite = SimpleNamespace(settings=SimpleNamespace(runs=RunRange(min=2, max=4), least_runs=2))
    monkeypatch.setattr(concurrency, "suite_of", lambda item: suite)
    items: list[Any] = [SimpleNamespace(callspec=SimpleNamespace(params={"pare_run_number": n})) for n in (number, 1)]
    assert concurrency.is_in_later_round(*items) == is_later


def test_no_more_runs_are_started_than_one_can_lose(garden: Example) -> None:
    # The first run ends when both others have ended that may be started beside it.
    waiting = """
    import pathlib, threading, time
    HERE = pathlib.Path(__file__).parent

    class Agent:
        def __call__(self, turn):
            with (HERE / "played").open("a") as file:
                file.write("run\\n")
            # The thread of a run has the name of its item.
            if not threading.current_thread().name.endswith("::dig[run1]"):
                with (HERE / "ended").open("a") as file:
                    file.write(".")
                return
            while not (HERE / "ended").exists() or len((HERE / "ended").read_text()) < 2:
                time.sleep(0.01)
            time.sleep(0.2)
            raise ValueError("no")
    """
    garden.write("agents.py", waiting).suite(garden.path.joinpath("pare.yaml").read_text().replace(":agent", ":Agent"))
    session = play(garden, "-x", "--pare-runs", "3", together=3)
    assert played(garden) == 3
    assert "pare: 2 runs were started ahead when the session ended, and not counted" in session.out
