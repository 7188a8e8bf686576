"""What a run that failed says: cut texts, the user's own frames, and a debugger in the right frame."""

from __future__ import annotations

import json
import re
from textwrap import indent
from typing import TYPE_CHECKING

import pytest

from pytest_pare.base.serialization import MOST_CHARACTERS
from tests.unpacked import unpacked_text

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

SUITE = ("--pare-config", "pare.yaml")
HUGE = 2_000_000


@pytest.fixture
def garden(example: Example) -> Example:
    example.pytester.makeini("[pytest]\npythonpath = .")
    return example.scenario("rose").suite("runner: {agent_type: 'my_agent:agent', max_turns: 1}")


def agent(example: Example, code: str, head: str = "") -> Example:
    return example.write("my_agent.py", f"{head}\n\ndef agent(turn):\n{indent(code, '    ')}\n")


# -- length


@pytest.mark.parametrize("text", [f"'x' * {HUGE}", f"'word of it ' * {HUGE // 11}", f"'line\\n' * {HUGE // 5}"])
@pytest.mark.parametrize("by", ["agent", "validate", "rationale", "cause", "constructor"])
def test_a_huge_text_is_cut_everywhere(garden: Example, text: str, by: str) -> None:
    agent(garden, f"raise ValueError({text})" if by == "agent" else "pass")
    validate = {
        "validate": f"raise ValueError({text})",
        "rationale": f"return ScenarioValidationResult(success=False, rationale={text})",
        "cause": f"try:\n    raise OSError({text})\nexcept OSError as error:\n    raise ValueError('short') from error",
    }.get(by, "pass")
    methods = f"def __init__(self, **kwargs): raise ValueError({text})" if by == "constructor" else ""
    garden.scenario("rose", validate, methods=methods)
    reports = "--pare-set=reports={json: out.json, parquet: rows.parquet}"
    session = garden.run(*SUITE, reports, "--junitxml=junit.xml")
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert len(session.out) < 6 * MOST_CHARACTERS
    # Of about two million.
    missing = [int(count.replace(",", "")) for count in re.findall(r"\[([\d,]+) more characters\]", session.out)]
    assert missing
    assert all(count > HUGE // 2 for count in missing)
    for name in ("out.json", "rows.parquet", "junit.xml"):
        assert (garden.path / name).stat().st_size < 20 * MOST_CHARACTERS, name


def test_what_an_agent_says_and_gets_is_cut_in_the_trace(garden: Example) -> None:
    agent(garden, f"turn.propose('x' * {HUGE})\ntry: turn.call('y' * {HUGE})\nexcept Exception: pass")
    garden.run(*SUITE, "--pare-set=runner.export=true")
    text = unpacked_text(garden.path / "traces/rose.jsonl.gz")
    assert len(text) < 9 * MOST_CHARACTERS
    events = [json.loads(line) for line in text.splitlines()[1:]]
    (proposal,) = [one for one in events if one.get("function") == "send_message_to_user"]
    assert proposal["args"]["content"] == f"{'x' * MOST_CHARACTERS}... [1,990,000 more characters]"


# -- frames


def test_a_traceback_has_the_users_frames_alone(garden: Example) -> None:
    agent(garden, "pass")
    garden.scenario("rose", "import json\nparse('{')", head="import json\ndef parse(text): return json.loads(text)")
    session = garden.run(*SUITE)
    failure = session.out.partition("_ rose _")[2].partition("= pare: ")[0]
    assert "JSONDecodeError: Expecting property name" in failure
    assert "json/" not in failure
    assert len(failure.splitlines()) < 25
    assert "scenarios/rose.py:" in failure
    whole = garden.run(*SUITE, "--full-trace").out
    assert "json/decoder.py" in whole


def test_frames_behind_an_exception_are_the_users_too(garden: Example) -> None:
    agent(garden, "pass")
    code = "try:\n    json.loads('{')\nexcept ValueError as error:\n    raise LookupError('no seeds') from error"
    out = garden.scenario("rose", code, head="import json").run(*SUITE).out
    assert "direct cause of the following exception" in out
    assert "json/" not in out


def test_a_library_that_is_installed_as_a_package_has_its_frames(garden: Example) -> None:
    agent(garden, "pass")
    garden.scenario("rose", "raise ValueError('no seeds')")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pytest_pare.base.user_frames._NOT_USERS", ("/",))
        failure = garden.run(*SUITE).out.partition("_ rose _")[2]
    assert "scenarios/rose.py:" in failure
    assert "pytest_pare/" not in failure


@pytest.mark.parametrize("is_installed", [False, True])
def test_the_frames_of_an_agent(garden: Example, is_installed: bool) -> None:
    agent(garden, "json.loads('{')", "import json")
    with pytest.MonkeyPatch.context() as patch:
        if is_installed:
            patch.setattr("pytest_pare.base.user_frames._NOT_USERS", ("/",))
        out = garden.run(*SUITE).out
    assert f'File "{garden.path}/my_agent.py", line 4, in agent' in out
    # Of an agent that is no file of the user's, all frames are shown.
    assert ("json/decoder.py" in out) == is_installed


# -- the debugger

PROBE = """
import pdb

class Probe(pdb.Pdb):
    def cmdloop(self, intro=None):
        names = sorted(set(self.curframe.f_locals) & {"env", "run", "scenario", "self", "turn", "hose"})
        function = self.curframe.f_code.co_name
        print(f"stopped in {function}:", *names)
        scenario = self.curframe.f_locals.get("scenario") or self.curframe.f_locals.get("self")
        print("scenario:", getattr(scenario, "scenario_id", None))
"""


@pytest.mark.parametrize(
    ("validate", "code", "stopped", "scenario"),
    [
        ("fail", "pass", "stopped in _fail: env scenario", "rose"),
        ("none", "pass", "stopped in _fail: env scenario", "rose"),
        ("raise", "pass", "stopped in validate: env self", "rose"),
        ("pass", "hose = 3\nint('x')", "stopped in agent: hose turn", "None"),
        ("pass", "import json\njson.loads('{')", "stopped in agent: turn", "None"),
    ],
)
def test_pdb_stops_with_the_scenario_in_scope(
    garden: Example, validate: str, code: str, stopped: str, scenario: str
) -> None:
    garden.write("probe.py", PROBE).scenario("rose", validate)
    out = agent(garden, code).run(*SUITE, "--pdb", "--pdbcls=probe:Probe").out
    assert stopped in out.splitlines()
    assert f"scenario: {scenario}" in out.splitlines()


# -- what a worker sends


def test_whatever_hangs_on_a_report_can_be_sent(garden: Example) -> None:
    garden.write(
        "conftest.py",
        """
        import datetime, pathlib
        import numpy
        import pytest

        @pytest.fixture(autouse=True)
        def properties(record_property):
            record_property("when", datetime.datetime(2025, 1, 6))
            record_property("half \\ud800", "a pair \\ud800")
            record_property("number", numpy.float64(1.5))
            record_property("path", pathlib.Path("x"))
            record_property("many", [{1: (True, None, 2**70, {"x"})}])
        """,
    )
    agent(garden, "print('\\ud800')\nraise ValueError('half \\ud800')")
    flags = ("-n1", "--junitxml=junit.xml")
    session = garden.run(*SUITE, *flags)
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.outcomes() == {"failed": 1}
    assert session.open_runs == ["FAILED     rose: turn 0: the agent raised ValueError: half \\ud800"]
    xml = (garden.path / "junit.xml").read_text()
    assert '<property name="when" value="2025-01-06 00:00:00"' in xml
    assert '<property name="half \\ud800" value="a pair \\ud800"' in xml
    assert "INTERNALERROR" not in session.out


# -- the header


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("conftest.py", "@pytest.fixture\ndef proactive_agent(): return lambda turn: None"),
        ("conftest.py", "@pytest.fixture(name='proactive_agent')\ndef mine(): return lambda turn: None"),
        ("suites/conftest.py", "@pytest.fixture\ndef proactive_agent(): return lambda turn: None"),
        ("agents.py", "@pytest.fixture\ndef proactive_agent(): return lambda turn: None"),
    ],
)
def test_the_header_names_a_fixture_that_makes_the_agent(garden: Example, path: str, code: str) -> None:
    garden.write(path, f"import pytest\n\n{code}\n")
    garden.suite("scenarios: {paths: [../scenarios]}", "suites/pare.yaml")
    plugin = ("-p", "agents") if path == "agents.py" else ()
    prefix = "suites/pare.yaml, 1 run planned (1 x 1), agent: "
    flags = ("--pare-config", "suites/pare.yaml", *plugin)
    assert garden.run(*flags).header == [f"{prefix}fixture proactive_agent ({path})"]
    if path.endswith("conftest.py"):
        assert garden.run(*flags, "--noconftest").header == [f"{prefix}reference steps"]
    assert garden.run(*flags, "--pare-oracle").header[0].endswith("oracle mode: no agent tested")


def test_a_fixture_elsewhere_is_not_named(garden: Example) -> None:
    garden.write("other/conftest.py", "import pytest\n@pytest.fixture\ndef proactive_agent(): return 1")
    garden.write("other/test_it.py", "def test_it(): pass")
    agent(garden, "pass")
    assert garden.run("other", *SUITE).header == ["pare.yaml, 1 run planned (1 x 1), agent: my_agent:agent"]


def test_the_header_counts_the_runs_of_each_model(garden: Example) -> None:
    garden.suite(
        """
        runs: 3
        live: true
        cassettes: {dir: tapes}
        matrix:
          one: {user_engine_config: {model_name: a, provider: openai}}
          two: {user_engine_config: {model_name: b, provider: openai}}
          three: {user_engine_config: {model_name: b, provider: openai}}
        """
    )
    header = garden.run(*SUITE, "--setup-plan").header
    assert [line for line in header if line.startswith("replay")] == [
        "replay: user: a (openai), 3 runs",
        "replay: user: b (openai), 6 runs",
    ]


# -- what was written


def test_paths_of_written_files_are_reported(garden: Example) -> None:
    agent(garden, "pass")
    reports = "--pare-set=reports={json: out/deep.json, parquet: rows.parquet}"
    session = garden.run(*SUITE, reports, "--pare-set=runner.export=true", "--pare-runs=2")
    assert session.summary[-1] == "wrote out/deep.json, rows.parquet, 2 traces in traces"
    long = f"{'deep/' * 15}out.json"
    session = garden.run(*SUITE, f"--pare-set=reports={{json: {long}, parquet: rows.parquet}}")
    assert session.summary[-2:] == [f"wrote {long}", "wrote rows.parquet"]
