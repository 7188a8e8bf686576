"""Agents under test of one's own: by fixture or by name, and what a session shows of them."""

from __future__ import annotations

import json
import re
from textwrap import indent
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.agents import prompts

if TYPE_CHECKING:
    from tests.plugin.conftest import Example, Session

SUITE = ("--pare-config", "pare.yaml")

PLANTS = """
def init_and_populate_apps(self, *args, **kwargs):
    from pytest_pare.apps import StatefulNotesApp
    self.agent_ui = PAREAgentUserInterface()
    self.notes = StatefulNotesApp(name="Notes")
    self.apps = [self.agent_ui, HomeScreenSystemApp(name="System"), self.notes]

def build_events_flow(self):
    with EventRegisterer.capture_mode():
        offer = self.agent_ui.send_message_to_user(content="May I water the plants?").oracle().delayed(5)
        yes = self.agent_ui.accept_proposal(content="Yes.").oracle().depends_on(offer, delay_seconds=5)
        note = self.notes.create_note(folder="Inbox", title="Watered", content="Today.").oracle()
        note.depends_on(yes, delay_seconds=5)
    self.events = [offer, yes, note]
"""
WATERED = (
    "return ScenarioValidationResult(success=bool(self.notes.search_notes('Watered')), rationale='the plants are dry')"
)

# Three kinds of agents that do what is asked for, and one that does nothing.
AGENTS = """
def function(turn):
    if turn.mode.value == "execute":
        turn.call("Notes__create_note", {"folder": "Inbox", "title": "Watered", "content": "By a function."})
        turn.report("Done.")
    elif turn.proposal is None:
        turn.propose("May I water the plants?")

async def coroutine(turn):
    function(turn)

class Gardener:
    def __init__(self):
        self.turns = 0

    def __call__(self, turn):
        self.turns += 1
        assert self.turns == turn.number + 1, "an agent of another run"
        function(turn)

def make():
    return Gardener()

def lazy(turn):
    pass
"""


@pytest.fixture
def garden(example: Example) -> Example:
    """Two scenarios that are alike, with agents to import."""
    for name in ("rose", "tulip"):
        example.scenario(name, WATERED, methods=PLANTS)
    # Workers read it too.
    example.pytester.makeini("[pytest]\npythonpath = .")
    return example.write("my_agent.py", AGENTS)


def fixture(example: Example, body: str, decorator: str = "@pytest.fixture", request: str = "") -> Example:
    """Override the fixture with a body, in which the agents can be named."""
    return example.write(
        "conftest.py",
        f"import pytest\nimport my_agent\n\n{decorator}\ndef proactive_agent({request}):\n{indent(body, '    ')}\n",
    )


def agent(example: Example, code: str) -> Example:
    """Make an agent of the body of a function that is given `turn`."""
    return example.write(
        "my_agent.py", f"import asyncio, os, sys, time\nimport pytest\n\ndef agent(turn):\n{indent(code, '    ')}\n"
    )


def report(example: Example) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((example.path / "out.json").read_text())
    return document


def failure(session: Session, scenario_id: str = "rose") -> str:
    """Return what a session says of a scenario that failed."""
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert not any(sign in session.out for sign in ("INTERNALERROR", "pytest_pare/", "are/simulation", "asyncio/"))
    return session.out.partition(f"_ {scenario_id} _")[2].partition("\n___")[0].partition("= pare: ")[0].lstrip("_\n")


NAMED = ("--pare-set=runner.agent_type=my_agent:agent",)


# -- by fixture


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("return my_agent.function", "my_agent:function"),
        ("return my_agent.coroutine", "my_agent:coroutine"),
        ("return my_agent.Gardener()", "my_agent:Gardener"),
        ("return my_agent.Gardener().__call__", "my_agent:Gardener.__call__"),
        ("import functools\nreturn functools.partial(my_agent.function)", "my_agent:function"),
        ("return lambda turn: my_agent.function(turn)", "conftest:proactive_agent.<locals>.<lambda>"),
    ],
)
def test_an_agent_by_fixture(garden: Example, body: str, name: str) -> None:
    session = fixture(garden, body).run(*SUITE, "--pare-set=reports.json=out.json")
    assert session.outcomes() == {"passed": 2}
    (group,) = report(garden)["per_config_results"]
    assert (group["proactive_model"], group["success_runs"]) == (name, 2)
    assert report(garden)["metadata"]["mode"] == "agent"


def test_a_fixture_without_an_agent_is_the_suites_agent(garden: Example) -> None:
    session = fixture(garden, "return None").run(*SUITE)
    assert session.outcomes() == {"passed": 2}
    assert "Reference check, no agent tested." in session.summary


def test_agents_by_a_parametrised_fixture_are_variants(garden: Example) -> None:
    decorator = "@pytest.fixture(params=[my_agent.Gardener, lambda: my_agent.lazy], ids=['busy', 'lazy'])"
    fixture(garden, "return request.param()", decorator, "request")
    assert garden.collected(*SUITE) == [
        f"pare.yaml::{plant}[{name}]" for plant in ("rose", "tulip") for name in ("busy", "lazy")
    ]
    session = garden.run(*SUITE, "--pare-set=reports={json: out.json, parquet: rows.parquet}")
    assert session.outcomes() == {"passed": 2, "failed": 2}
    groups = report(garden)["per_config_results"]
    assert [(group["proactive_model"], group["success_runs"], group["total_runs"]) for group in groups] == [
        ("my_agent:Gardener", 2, 2),
        ("my_agent:lazy", 0, 2),
    ]
    assert session.open_runs == [
        "FAILED     rose[lazy]: the plants are dry",
        "FAILED     tulip[lazy]: the plants are dry",
    ]
    import polars as pl

    rows = pl.read_parquet(garden.path / "rows.parquet")
    assert rows.select("base_scenario_id", "variant", "status", "mode").rows() == [
        ("rose", "busy", "success", "agent"),
        ("tulip", "busy", "success", "agent"),
        ("rose", "lazy", "failed", "agent"),
        ("tulip", "lazy", "failed", "agent"),
    ]


@pytest.mark.parametrize("value", ["3", "'my_agent:function'", "[my_agent.function]", "object()"])
def test_a_fixture_that_returns_no_agent(garden: Example, value: str) -> None:
    session = fixture(garden, f"return {value}").run(*SUITE)
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert (
        "fixture proactive_agent: must return an agent, which takes a turn, an AgentProgram, or None, got "
        in session.out
    )
    assert session.open_runs[0].startswith("NO RESULT  rose: ")
    assert session.has_no_traceback_of_ours()


def test_in_oracle_mode_no_agent_is_asked(garden: Example) -> None:
    session = fixture(garden, "return 1 / 0 if False else my_agent.lazy").run(*SUITE, "--pare-oracle")
    assert session.outcomes() == {"passed": 2}
    assert session.summary[1] == "Oracle mode, no agent tested."
    assert "my_agent" not in session.out


# -- by name


@pytest.mark.parametrize("name", ["function", "coroutine", "make", "Gardener"])
def test_an_agent_by_name(garden: Example, name: str) -> None:
    garden.suite(f"{{runs: 2, runner: {{agent_type: 'my_agent:{name}'}}}}")
    session = garden.run(*SUITE)
    # A new one for each run: an object that has seen another would say so.
    assert session.outcomes() == {"passed": 4}
    assert session.header == [f"pare.yaml, 4 runs planned (2 x 2), agent: my_agent:{name}"]


@pytest.mark.parametrize("name", ["'null'", "eager", "reckless", "random"])
def test_the_built_in_agents_for_calibration_do_not_succeed(garden: Example, name: str) -> None:
    session = garden.suite(f"runner: {{agent_type: {name}}}").run(*SUITE)
    assert session.header == [f"pare.yaml, 2 runs planned (2 x 1), agent: {name.strip(chr(39))}"]
    # All but the reckless leave the plants dry.
    assert session.outcomes() == ({"passed": 2} if name == "reckless" else {"failed": 2})
    without = 2 if name == "reckless" else 0
    assert any(f"writes without consent {without};" in line for line in session.summary)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_agent:make", "there is no module 'no_agent'; its directory must be on the import path (in pytest, the "),
        ("my_agent:nope", "my_agent has no 'nope'"),
        ("my_agent:Gardener.nope", "my_agent has no 'Gardener.nope'"),
        (
            "my_agent:AGENTS",
            "must be a function that takes a turn, or that takes nothing and returns an agent; got dict",
        ),
        ("my_agent:two", "must be a function that takes a turn, or that takes nothing and returns an agent; got "),
        ("broken:make", "importing broken raised ZeroDivisionError: division by zero"),
        ("my_agent:fails", "fails() raised OSError: no water"),
        ("my_agent:exits", "exits() raised SystemExit: 3"),
    ],
)
def test_a_name_that_leads_to_no_agent(garden: Example, name: str, message: str) -> None:
    garden.write("broken.py", "1 / 0").write(
        "my_agent.py",
        f"{AGENTS}\nAGENTS = {{}}\ndef two(a, b): ...\ndef fails(): raise OSError('no water')\n"
        "def exits(): raise SystemExit(3)\n",
    )
    session = garden.suite(f"runner: {{agent_type: '{name}'}}").run(*SUITE)
    text = failure(session)
    assert " ".join(text.split()).startswith(f"AgentTypeError: agent_type '{name}': {message}")
    assert max(map(len, text.splitlines())) <= 80
    assert session.outcomes() == {"failed": 2}
    assert "  Exceptions: 2 configuration" in session.summary
    # A run of it is none, and no rate excuses it.
    assert garden.run(*SUITE, "--pare-min-success-rate=0").code == pytest.ExitCode.TESTS_FAILED
    assert session.open_runs[0].startswith("EXCEPTION  rose: AgentTypeError: agent_type ")


def test_a_name_that_can_lead_to_no_agent_is_an_error_of_the_suite(garden: Example) -> None:
    session = garden.suite("runner: {agent_type: lazy}").run(*SUITE)
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert session.err == (
        "ERROR: pare.yaml:1: runner.agent_type: must be observe-execute, null, eager, reckless, random, replay, spam, "
        'flaky, or module:name of an agent of your own, got "lazy"\n'
    )


# -- what the report tells


def test_the_report_of_an_agent(garden: Example) -> None:
    session = garden.suite("runner: {agent_type: 'my_agent:function'}").run(*SUITE)
    assert session.summary[:4] == ["PARE validation report", "", "Split: full", ""]
    assert session.summary[4].startswith("user=oracle, proactive=my_agent:function, tool_fail=0.0,")
    assert "no agent tested" not in session.out
    figures = [" ".join(line.split()) for line in session.summary]
    assert "Proposals 2" in figures
    assert "Acceptances 2" in figures
    assert "Write actions 2" in figures
    assert any(
        re.fullmatch(r"Rejections 0, writes without consent 0; idle jumps saved \d+ turns", line) for line in figures
    )


def test_writes_without_consent_are_in_the_report_and_in_the_files(garden: Example) -> None:
    note = "{'folder': 'Inbox', 'title': 'Mine', 'content': 'x'}"
    agent(garden, f"if turn.number < 2:\n    turn.call('Notes__create_note', {note})")
    garden.suite("{runner: {agent_type: 'my_agent:agent'}, reports: {json: out.json, parquet: rows.parquet}}")
    session = garden.run(*SUITE)
    assert any(line.startswith("  Rejections 0, writes without consent 4; ") for line in session.summary)
    metadata = report(garden)["metadata"]
    assert (metadata["mode"], metadata["writes_without_consent"], metadata["total_rejections"]) == ("agent", 4, 0)
    assert metadata["prompt_version"] == prompts.version()
    import polars as pl

    rows = pl.read_parquet(garden.path / "rows.parquet")
    columns = ("mode", "agent_type", "writes_without_consent", "rejection_count", "write_actions", "prompt_version")
    assert rows.select(columns).rows() == [("agent", "my_agent:agent", 2, 0, 2, prompts.version())] * 2
    session = garden.run(*SUITE, "--pare-set=runner.writes_without_consent=refuse")
    assert "ConsentRequired: Notes__create_note writes, and the user has accepted nothing" in " ".join(
        failure(session).split()
    )


def test_runs_that_end_before_their_script_are_reported(garden: Example) -> None:
    for plant, said in {"rose": "True", "bin": "False"}.items():
        garden.scenario(
            plant,
            f"return ScenarioValidationResult(success={said}, rationale='dry')",
            methods="""
            def build_events_flow(self):
                with EventRegisterer.capture_mode():
                    self.events = [self.agent_ui.send_message_to_agent(content="Rain!").delayed(30)]
            """,
        )
    agent(garden, "turn.call('System__get_current_time')")
    garden.suite("{runner: {agent_type: 'my_agent:agent'}, reports: {json: out.json, parquet: rows.parquet}}")
    session = garden.run(*SUITE, "-k", "rose or bin")
    assert "  2 runs ended before their script did (max_turns): bin, rose" in session.summary
    expected = "1 event of the script had not happened when the run ended (max_turns)"
    assert failure(session, "bin").splitlines()[:2] == ["dry", expected]
    assert report(garden)["metadata"]["script_events_missed"] == 2
    import polars as pl

    assert pl.read_parquet(garden.path / "rows.parquet")["script_events_missed"].to_list() == [1, 1]
    session = garden.run(*SUITE, "-k", "rose or bin", "--pare-set=runner.max_turns=20")
    assert not any("script" in line for line in session.summary)
    assert "script" not in failure(session, "bin")


def test_the_names_of_many_such_runs_are_cut(garden: Example) -> None:
    for number in range(9):
        garden.scenario(
            f"a_plant_in_a_pot_{number}",
            methods="""
            def build_events_flow(self):
                with EventRegisterer.capture_mode():
                    self.events = [self.agent_ui.send_message_to_agent(content="Rain!").delayed(30)]
            """,
        )
    agent(garden, "turn.call('System__get_current_time')")
    garden.suite("{runner: {agent_type: 'my_agent:agent'}, scenarios: {include: ['a_plant*']}}")
    (line,) = [line for line in garden.run(*SUITE).summary if "script" in line]
    assert line.startswith("  9 runs ended before their script did (max_turns): a_plant_in_a_pot_0, ")
    assert (len(line), line[-3:]) == (80, "...")


# -- agents that fail


def test_the_failure_text_of_an_agent_that_raises(garden: Example) -> None:
    garden.write(
        "my_agent.py",
        """
        def agent(turn):
            turn.propose("May I?")
            water(turn)

        def water(turn):
            hose = {}
            hose["water"]
        """,
    )
    text = failure(garden.run(*SUITE, *NAMED))
    lines = text.splitlines()
    assert lines[0] == "turn 0: the agent raised KeyError: 'water'"
    assert lines[2] == "last 1 of 1 events, at simulated seconds:"
    path = garden.path / "my_agent.py"
    trace = lines[lines.index("Traceback (most recent call last):") :]
    assert [line for line in trace if line.startswith("  File")] == [
        f'  File "{path}", line 4, in agent',
        f'  File "{path}", line 8, in water',
    ]
    # The reason names the exception.
    assert text.count("KeyError") == 1


CALL = "turn.call('Notes__open', {})"


@pytest.mark.parametrize(
    ("code", "message", "frames"),
    [
        ("raise ValueError('dry')", "the agent raised ValueError: dry", 1),
        ("raise SystemExit(3)", "the agent raised SystemExit: 3", 1),
        ("raise asyncio.CancelledError", "the agent raised CancelledError", 1),
        ("raise type('Own', (BaseException,), {})('mine')", "the agent raised Own: mine", 1),
        ("pytest.skip('not today')", "the agent raised Skipped: not today", None),
        ("pytest.fail('wrong')", "the agent raised Failed: wrong", None),
        ("raise ExceptionGroup('two', [ValueError('a'), OSError('b')])", "the agent raised ExceptionGroup: two", 1),
        # Frames of the simulation are between the agent and what went wrong.
        (CALL, "the agent raised UnknownToolError: there is no tool Notes__open now", 1),
        ("turn.call('Notes__create_note', {'note': 3})", "the agent raised ", 1),
        ("async def act(): turn.call('Notes__open')\nreturn act()", "the agent raised UnknownToolError: ", 1),
        (
            "async def act():\n    async with asyncio.TaskGroup() as group:\n        group.create_task(fail())\n"
            "async def fail(): turn.call('Notes__open')\nreturn act()",
            "the agent raised ExceptionGroup: unhandled errors in a TaskGroup",
            2,
        ),
        ("return 3", "the agent returned int (3); it must return None", 0),
        ("return turn", "the agent returned Turn; it must return None", 0),
        ("yield", "the agent returned generator; it must return None", 0),
    ],
)
def test_an_agent_that_fails_fails_its_run(garden: Example, code: str, message: str, frames: int | None) -> None:
    session = agent(garden, code).run(*SUITE, *NAMED)
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.outcomes() == {"failed": 2}
    assert [
        line.startswith(f"FAILED     {plant}: turn 0: the agent r")
        for plant, line in zip(("rose", "tulip"), session.open_runs, strict=True)
    ] == [True] * 2
    text = session.out.partition("_ rose _")[2].partition("_ tulip _")[0]
    assert f"turn 0: {message}" in text
    shown = [line.strip(" |") for line in text.splitlines() if line.strip(" |").startswith("File ")]
    assert all("/pytest_pare/" not in line and "/are/" not in line and "/asyncio/" not in line for line in shown)
    own = [line for line in shown if line.startswith(f'File "{garden.path}/my_agent.py", line ')]
    assert len(own) == (1 if frames is None else frames)
    assert "INTERNALERROR" not in session.out
    # The verdict is one of two: the gate may excuse it.
    assert garden.run(*SUITE, *NAMED, "--pare-min-success-rate=0").code == pytest.ExitCode.OK


@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_half_of_a_surrogate_pair_in_a_text_costs_no_other_run(garden: Example, workers: list[str]) -> None:
    half = "chr(0xD800)"
    agent(
        garden,
        "if turn.scenario_seed.startswith('rose/'):\n"
        "    print('so dry', turn.number)\n    print('so sad', file=sys.stderr)\n"
        f"    import logging\n    logging.warning({half})\n    raise ValueError({half} + ' x')",
    )
    garden.scenario("tulip", "pass").scenario("weed", f"raise ValueError({half} + ' y')")
    garden.scenario("moss", f"return ScenarioValidationResult(success=False, rationale={half} + ' z')")
    # In a process of its own: what is logged here would go into the report of this test, too.
    session = garden.run_process(*SUITE, *NAMED, *workers)
    assert session.outcomes() == {"passed": 1, "failed": 3}
    assert "INTERNALERROR" not in session.out
    for end in "xyz":
        assert f"\\ud800 {end}" in session.out.partition("= pare: ")[0]
    assert_shows_what_was_printed(failure(session))


def test_an_exit_in_the_code_of_a_scenario_is_the_result_of_its_run(garden: Example) -> None:
    garden.scenario("tulip", "pass").scenario("rose", "raise SystemExit('enough')")
    session = garden.run(*SUITE)
    assert session.outcomes() == {"passed": 1, "failed": 1}
    assert session.open_runs == ["EXCEPTION  rose: SystemExit: enough"]
    text = failure(session)
    assert text.startswith("SystemExit: enough\n")
    assert 'rose.py", line ' in text


def test_an_agent_that_interrupts_ends_the_session(garden: Example) -> None:
    session = agent(garden, "raise KeyboardInterrupt").run(*SUITE, *NAMED, "--pare-min-success-rate=0")
    assert session.code == pytest.ExitCode.INTERRUPTED
    assert session.open_runs == [
        "NO RESULT  rose: it began and never ended",
        "NO RESULT  tulip: the session ended before it was run",
    ]


def test_a_run_that_an_agent_has_failed_is_reported_by_its_events(garden: Example) -> None:
    agent(garden, "turn.propose('May I?') if turn.number == 0 else 1 / 0")
    text = failure(garden.run(*SUITE, *NAMED))
    assert text.startswith("turn 1: the agent raised ZeroDivisionError: division by zero\n")
    assert "send_message_to_user(content='May I?')" in " ".join(text.split())


# -- agents that print


def assert_shows_what_was_printed(text: str) -> None:
    assert "Captured stdout call" in text
    assert "so dry 0" in text
    assert "Captured stderr call" in text
    assert "so sad" in text


def test_what_an_agent_prints_is_captured_and_shown_with_a_failure(garden: Example) -> None:
    agent(garden, "print('so dry', turn.number)\nprint('so sad', file=sys.stderr)")
    session = garden.run(*SUITE, *NAMED)
    assert session.outcomes() == {"failed": 2}
    assert_shows_what_was_printed(failure(session))
    agent(garden, "print('so wet')")
    garden.scenario("rose", "pass").scenario("tulip", "pass")
    assert "so wet" not in garden.run(*SUITE, *NAMED).out


# -- workers


def test_workers_change_nothing(garden: Example) -> None:
    def counts(*flags: str) -> list[Any]:
        session = garden.run(*SUITE, *flags)
        lines = [line for line in session.summary if not re.search(r"^    (Run|Job) duration", line)]
        document = report(garden)
        for group in [document["metadata"], *document["per_config_results"]]:
            for key in [key for key in group if "duration" in key or key == "timestamp"]:
                del group[key]
        # What workers cost depends on the machine.
        header = [line for line in session.header if "leave out -n" not in line]
        return [session.code, header, session.outcomes(), lines, document]

    decorator = "@pytest.fixture(params=['busy', 'lazy', 'broken'])"
    body = "return {'busy': my_agent.Gardener(), 'lazy': my_agent.lazy, 'broken': lambda turn: 1 / 0}[request.param]"
    fixture(garden, body, decorator, "request").suite("{runs: 2, reports: {json: out.json}}")
    alone = counts("-n0")
    assert counts("-n2") == alone
    assert alone[2] == {"passed": 4, "failed": 8}


def test_an_agent_that_takes_too_long_is_an_exception(garden: Example) -> None:
    agent(
        garden,
        "while True:\n    try:\n        turn.call('System__get_current_time')\n    except Exception:\n        pass",
    )
    limits = ("--pare-set=runner.timeout_seconds=1", "--pare-set=runner.max_tool_calls=null")
    session = garden.run(*SUITE, *NAMED, *limits, "-k", "rose")
    assert session.open_runs == ["EXCEPTION  rose: ScenarioTimeoutError: the run took longer than 1 s of real t..."]


# How an agent takes its process with it. Nothing in a process can end one that never returns; whoever watches over the
# process does: the sender of a signal, or the worker's own watchdog. Without workers the session would be ended as a
# whole; there, it has to wait.
ENDS = {
    "alarm": "signal.signal(signal.SIGALRM, signal.SIG_DFL)\nsignal.setitimer(signal.ITIMER_REAL, 0.5)\n"
    "while True: pass",
    "exit": "os._exit(3)",
    "kill": "os.kill(os.getpid(), signal.SIGKILL)",
    "stuck": "while True: pass",
}


def test_an_agent_that_takes_its_process_with_it_costs_one_result(garden: Example) -> None:
    cases = (f"if turn.scenario_seed.startswith('{name}/'):\n{indent(code, '    ')}" for name, code in ENDS.items())
    agent(garden, "\n".join(["import signal", *cases]))
    for name in (*ENDS, "rose", "tulip"):
        garden.scenario(name, "pass")
    flags = ["--pare-min-success-rate=0", "--pare-set=runner.timeout_seconds=1"]
    session = garden.run_process(*SUITE, *NAMED, "-n2", *flags)
    died = [f"NO RESULT  {name}: its process died" for name in ENDS if name != "stuck"]
    assert session.open_runs[:-1] == died
    place = r"my_agent\.py:\d+ 5 s after timeout_seconds \(1\), so i\.\.\."
    assert re.fullmatch(rf"NO RESULT  stuck: still in {place}", session.open_runs[-1])
    assert session.outcomes() == {"passed": 2, "failed": 4}
    assert session.verdict[-1] == "cannot pass: 4 runs have no result"
