"""Scenarios in tests that people write themselves, by the fixture `pare`."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import TYPE_CHECKING

import pytest

from tests.unpacked import unpacked_text

if TYPE_CHECKING:
    from tests.plugin.conftest import Example, Session


def check(example: Example, code: str, *args: str, fixtures: str = "pare", head: str = "") -> Session:
    """Run a test with a body."""
    text = f"import pytest\n{dedent(head)}\n\ndef test_shed({fixtures}):\n{indent(dedent(code).strip(), '    ')}\n"
    return example.write("test_shed.py", text).run("test_shed.py", *args)


def passes(session: Session) -> bool:
    return session.outcomes() == {"passed": 1}


def complaint(session: Session) -> list[str]:
    """Return what a test that failed says."""
    assert session.outcomes() == {"failed": 1}
    assert session.has_no_traceback_of_ours()
    return session.out.partition("_ test_shed _")[2].partition("\n===")[0].strip("_\n").splitlines()


# -- what comes back


def test_a_bundled_scenario(example: Example) -> None:
    assert passes(
        check(
            example,
            """
            run = pare.run("dinner_moved")
            assert run.success, run.result
            assert run.result.status == "success"
            assert run.trace.writes_without_consent() == []
            assert [event.args["content"] for event in run.trace.proposals()]
            assert len(run.trace.acceptances()) == run.result.acceptance_count > 0
            assert run.trace.agent == "observe-execute"
            assert run.trace.calls
            """,
        )
    )


def test_runs_are_equal_and_apart(example: Example) -> None:
    assert passes(
        check(
            example,
            """
            one, other = pare.run("dinner_moved"), pare.run("dinner_moved")
            third = pare.run("dinner_moved", run_number=3)
            assert one.trace.to_jsonl() == other.trace.to_jsonl()
            assert (one.trace.run_number, third.trace.run_number) == (None, 3)
            """,
        )
    )


def test_what_goes_wrong_in_a_run_is_in_its_result(example: Example) -> None:
    example.scenario("water", "raise").scenario("weed", "fail").scenario("rake", "none")
    assert passes(
        check(
            example,
            """
            run = pare.run("water")
            assert (run.success, run.result.status, str(run.result.exception)) == (False, "exception", "no such plant")
            run = pare.run("weed")
            assert (run.success, run.result.status, run.result.rationale) == (False, "failed", "the plants are dry")
            assert pare.run("rake").result.status == "no_validation"
            """,
        )
    )


# -- the agent


HEAD = """
def eager(turn):
    turn.propose("Shall I?")

def broken(turn):
    raise ValueError("dry")

class Empty:
    "An agent that is false."
    def __len__(self):
        return 0
    def __call__(self, turn):
        turn.propose("It is empty.")
"""


def test_an_agent_for_a_run(example: Example) -> None:
    assert passes(
        check(
            example,
            """
            run = pare.run("dinner_moved", agent=eager)
            assert not run.success
            assert run.trace.agent == "test_shed:eager"
            assert run.result.proposal_count > 1
            assert pare.run("dinner_moved").success
            run = pare.run("dinner_moved", agent=Empty())
            assert (run.trace.agent, run.trace.proposals()[0].args["content"]) == ("test_shed:Empty", "It is empty.")
            run = pare.run("dinner_moved", agent=broken)
            assert (run.result.status, str(run.agent_error)) == ("failed", "dry")
            assert run.result.rationale == "turn 0: the agent raised ValueError: dry"
            """,
            head=HEAD,
        )
    )


def test_the_agent_of_the_fixture(example: Example) -> None:
    head = f"{HEAD}\n@pytest.fixture\ndef proactive_agent():\n    return eager\n"
    assert passes(
        check(
            example,
            """
            assert proactive_agent is eager
            assert pare.run("dinner_moved").trace.agent == "test_shed:eager"
            assert pare.run("dinner_moved", agent=Empty()).trace.agent == "test_shed:Empty"
            assert pare.run("dinner_moved", agent_type="null").trace.agent == "test_shed:eager"
            assert pare.run("dinner_moved", oracle=True).trace.agent is None
            """,
            head=head,
            fixtures="pare, proactive_agent",
        )
    )


@pytest.mark.parametrize("agent", ["'eager'", "3", "object()"])
def test_what_is_no_agent(example: Example, agent: str) -> None:
    (line,) = complaint(check(example, f"pare.run('dinner_moved', agent={agent})"))
    assert line.startswith("pare.run(agent=...): must be an agent, which takes a turn, an AgentProgram, or None, got ")
    assert line.endswith("; a name is given as agent_type") == (agent == "'eager'")


# -- settings


def test_settings_by_keyword(example: Example) -> None:
    assert passes(
        check(
            example,
            """
            assert pare.run("dinner_moved", agent_type="null").trace.agent == "null"
            run = pare.run("dinner_moved", agent_type="eager", max_turns=3, skip_idle_time=False)
            assert run.result.number_of_turns == 3
            run = pare.run("dinner_moved", oracle=True)
            assert (run.success, run.trace.agent, run.result.number_of_turns) == (True, None, 0)
            run = pare.run("dinner_moved", agent_type="reckless", writes_without_consent="refuse")
            assert len(run.trace.writes_without_consent()) == run.result.writes_without_consent > 0
            assert run.result.write_actions == 0
            # They are for this run only.
            assert pare.run("dinner_moved").trace.agent == "observe-execute"
            """,
        )
    )


@pytest.mark.parametrize(
    ("settings", "messages"),
    [
        ("max_turn=3", ["fixture pare.max_turn: unknown key; did you mean max_turns?"]),
        (
            "user_engine_config={'model_name': 'x', 'provider': 'oracle', 'temprature': 1}, noise={'tool_slo': {}}",
            [
                "fixture pare.user_engine_config.temprature: unknown key; did you mean temperature?",
                "fixture pare.noise.tool_slo: unknown key; did you mean tool_slow?",
            ],
        ),
        # Keys of the suite that no run takes are not meant.
        ("runs=3, live=True", ["fixture pare.runs: unknown key", "fixture pare.live: unknown key"]),
        ("max_turns='3'", ["fixture pare.max_turns: Input should be a valid integer"]),
        (
            "max_turns=-1, generation_seconds=-1",
            [
                "fixture pare.max_turns: Input should be greater than or equal to 0",
                "fixture pare.generation_seconds: Input should be greater than or equal to 0",
            ],
        ),
        (
            "agent_type='nul'",
            [
                "fixture pare.agent_type: must be observe-execute, null, eager, reckless, random, replay, spam, "
                'flaky, or module:name of an agent of your own, got "nul"'
            ],
        ),
    ],
)
def test_wrong_settings(example: Example, settings: str, messages: list[str]) -> None:
    assert complaint(check(example, f"pare.run('dinner_moved', {settings})")) == messages


def test_the_judge_alone_decides_nothing_without_a_claim(example: Example) -> None:
    code = """
    run = pare.run('dinner_moved', judge_only=True)
    assert run.result.status == 'no_validation'
    assert 'the scenario has no claim for the judge' in run.result.rationale
    """
    assert passes(check(example, code))


def test_the_config_of_the_fixtures(example: Example) -> None:
    head = """
    @pytest.fixture
    def pare_runner_config(pare_runner_config):
        return pare_runner_config.model_copy(update={"max_turns": 2, "agent_type": "eager", "skip_idle_time": False})
    """
    assert passes(
        check(
            example,
            """
            assert pare.run("dinner_moved").result.number_of_turns == 2
            assert pare.run("dinner_moved", max_turns=1).result.number_of_turns == 1
            """,
            head=head,
        )
    )


# -- scenarios


NO_SUITE = (
    "the session has no suite that names other libraries; add --pare-config FILE, or name one in the ini value "
    "pare_config"
)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("dinner_movd", "there is no scenario 'dinner_movd'; did you mean 'dinner_moved'?"),
        ("watr", "there is no scenario 'watr'; did you mean 'water'?"),
        ("xyz", "there is no scenario 'xyz'"),
        ("", "there is no scenario ''"),
    ],
)
def test_an_unknown_scenario(example: Example, name: str, line: str) -> None:
    assert complaint(check(example.scenario("water"), f"pare.run({name!r})")) == [line, NO_SUITE]
    # One that is there could know it, and does not.
    session = check(example, f"pare.run({name!r})", "--pare-config=pare.yaml", "-k", "shed")
    assert [text for text in session.result.outlines if text.startswith("there is")] == [line]
    assert NO_SUITE not in session.out


def test_a_library_that_is_not_there(example: Example) -> None:
    example.suite("scenarios: {paths: [lib]}").write("suites/x", "")
    head = """
    from pytest_pare.settings import SuiteSettings

    @pytest.fixture
    def pare_config():
        return SuiteSettings.model_validate({"scenarios": {"paths": ["lib"]}})
    """
    message = complaint(check(example, "pare.run('dinner_moved')", head=head))
    assert message == ["pare.yaml:1: scenarios.paths[0]: lib: No such file or directory"]


def test_a_scenario_that_may_be_in_a_module_that_is_broken(example: Example) -> None:
    example.write("scenarios/a.py", "import nope")
    first, hint, second = complaint(check(example, "pare.run('xyz')"))
    assert (first, hint) == ("there is no scenario 'xyz'", NO_SUITE)
    assert "scenarios/a.py:1: ModuleNotFoundError: No module named 'nope'" in second
    assert passes(check(example, "assert pare.run('dinner_moved').success"))


def test_the_projects_own_scenarios_and_the_bundled_ones(example: Example) -> None:
    example.scenario("water")
    assert passes(check(example, "assert pare.run('water').success\nassert pare.run('dinner_moved').success"))


def test_the_projects_scenario_goes_before_a_bundled_one_of_the_same_id(example: Example) -> None:
    example.scenario("dinner_moved", "fail")
    assert passes(check(example, "assert pare.run('dinner_moved').result.rationale == 'the plants are dry'"))


# -- suites


LIB = "scenarios: {paths: [lib]}\nrunner: {max_turns: 2, agent_type: eager, skip_idle_time: false}\n"


@pytest.fixture
def library(example: Example) -> Example:
    """A suite with settings and a library of its own."""
    return example.scenario("water", name="lib/water.py").suite(LIB)


def test_the_only_suite_of_the_session(library: Example) -> None:
    code = "run = pare.run('water')\nassert (run.trace.turns, run.trace.agent) == (2, 'eager')"
    session = check(library, code, "--pare-config=pare.yaml")
    assert session.outcomes() == {"passed": 2}
    # An ordinary test is none of the suite's runs.
    assert session.verdict == ["gate PASS: 1 of 1 run succeeded (100.0 %), every run must succeed (no rate set)"]


def test_flags_change_it(library: Example) -> None:
    code = "assert pare.run('water').trace.turns == 1"
    assert check(library, code, "--pare-config=pare.yaml", "--pare-set=runner.max_turns=1").outcomes() == {"passed": 2}


def test_a_session_without_a_suite_has_the_defaults(library: Example) -> None:
    assert complaint(check(library, "pare.run('water')")) == ["there is no scenario 'water'", NO_SUITE]
    code = "assert pare_config.runner.max_turns == 10\nassert pare.run('dinner_moved').trace.agent == 'observe-execute'"
    assert passes(check(library, code, fixtures="pare, pare_config"))


IS_THE_SUITES = "assert pare_config.runner.max_turns == 2\nassert pare.run('water').trace.agent == 'eager'"


@pytest.mark.parametrize("workers", [(), ("-n1",)])
def test_the_suite_of_the_ini_value_though_a_path_narrows_it_out(library: Example, workers: tuple[str, ...]) -> None:
    library.pytester.makeini("[pytest]\npare_config = pare.yaml")
    assert passes(check(library, IS_THE_SUITES, *workers, fixtures="pare, pare_config"))
    assert library.run("test_shed.py::test_shed", *workers).outcomes() == {"passed": 1}
    # Another suite on the command line goes before it.
    library.suite(LIB.replace("2", "3").replace("[lib]", "[lib], include: [water]"), "other.pare.yaml")
    code = "assert pare_config.runner.max_turns == 3"
    assert check(library, code, "other.pare.yaml", *workers, fixtures="pare_config").outcomes() == {"passed": 2}


@pytest.mark.parametrize("workers", [(), ("-n1",)])
def test_flags_change_the_suite_of_the_ini_value(library: Example, workers: tuple[str, ...]) -> None:
    library.pytester.makeini("[pytest]\npare_config = pare.yaml")
    code = "assert pare.run('water').trace.turns == pare_config.runner.max_turns == 1"
    flags = ("--pare-set=runner.max_turns=1", "--pare-runs=2", *workers)
    assert passes(check(library, code, *flags, fixtures="pare, pare_config"))


def test_the_ini_value_counts_in_a_directory_below(library: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    library.pytester.makeini("[pytest]\npare_config = pare.yaml")
    library.write("tests/test_shed.py", "def test_shed(pare): assert pare.run('water').trace.agent == 'eager'")
    monkeypatch.chdir(library.path / "tests")
    assert library.run().outcomes() == {"passed": 1}


def test_the_suite_of_the_ini_value_is_read_when_a_test_asks_for_it(library: Example) -> None:
    library.pytester.makeini("[pytest]\npare_config = pare.yaml")
    library.suite("runner: {max_turn: 2}").write("test_bed.py", "def test_bed(): pass")
    assert library.run("test_bed.py").outcomes() == {"passed": 1}
    session = check(library, "pass")
    assert session.outcomes() == {"errors": 1}
    assert "pare.yaml:1: runner.max_turn: unknown key; did you mean max_turns?" in session.result.outlines
    assert session.has_no_traceback_of_ours()
    library.suite(LIB)
    session = library.run("test_shed.py", "--pare-set=runner.max_turn=1")
    assert "--pare-set: runner.max_turn: unknown key; did you mean max_turns?" in session.result.outlines
    library.suite("noise: {data: nowhere.json}")
    assert any(
        line.startswith("pare.yaml:1: noise.data: ") and "nowhere.json" in line
        for line in library.run("test_shed.py").result.outlines
    )


SEVERAL = (
    "fixture pare: a test of your own takes the settings of a suite, and there are several, pare.yaml and "
    "other.pare.yaml; name one of them alone, as by --pare-config pare.yaml, or override the fixture pare_config"
)


@pytest.mark.parametrize("by_ini", [False, True])
def test_of_several_suites_none_is_the_tests(library: Example, *, by_ini: bool) -> None:
    library.suite(LIB.replace("2", "3"), "other.pare.yaml")
    suites = () if by_ini else ("pare.yaml", "other.pare.yaml")
    if by_ini:
        library.pytester.makeini("[pytest]\npare_config = pare.yaml other.pare.yaml")
    session = check(library, "pass", *suites)
    assert session.outcomes() == {"errors": 1, **({"passed": 2} if suites else {})}
    assert SEVERAL in session.result.outlines
    assert session.has_no_traceback_of_ours()
    # A fixture of the user's may be there for every test, whether that plays anything or not.
    code = "assert pare_config.runner.max_turns == 10"
    assert check(library, code, *suites, fixtures="pare_config").outcomes()["passed"] == 1 + len(suites)
    assert check(library, IS_THE_SUITES, "--pare-config=pare.yaml", fixtures="pare, pare_config").outcomes() == {
        "passed": 2
    }
    head = """
    from pathlib import Path
    from pytest_pare.settings import load_suite

    @pytest.fixture
    def pare_config():
        return load_suite(Path("pare.yaml")).settings
    """
    session = check(library, IS_THE_SUITES, *suites, head=head, fixtures="pare, pare_config")
    assert session.outcomes() == {"passed": 1 + len(suites)}


def test_a_suite_that_the_ini_value_names_twice_is_one(library: Example) -> None:
    library.pytester.makeini("[pytest]\npare_config = pare.yaml ./pare.yaml")
    assert passes(check(library, IS_THE_SUITES, fixtures="pare, pare_config"))


def test_the_settings_of_an_override(library: Example) -> None:
    head = """
    from pytest_pare.settings import SuiteSettings

    @pytest.fixture
    def pare_config():
        return SuiteSettings.model_validate({"scenarios": {"paths": ["lib"]}, "runner": {"max_turns": 4}})
    """
    code = "assert pare.run('water', skip_idle_time=False).trace.turns == 4"
    assert passes(check(library, code, head=head))


def test_the_scripts_errors_are_the_suites_matter(example: Example) -> None:
    example.scenario(
        "water",
        methods="""
        def build_events_flow(self):
            with EventRegisterer.capture_mode():
                rain = self.agent_ui.send_message_to_agent(content="It rains.").with_id("rain").delayed(9)
                self.events = [self.agent_ui.send_message_to_agent(content="{{rain}}").delayed(5), rain]
        """,
    ).suite("scenarios: {script_errors: warn}")
    code = "run = pare.run('water')\nassert run.success\nassert len(run.warnings) == 1"
    assert check(example, code, "pare.yaml").outcomes()["passed"] == 2
    assert passes(check(example, "assert pare.run('water').result.status == 'exception'"))


def test_traces_are_written_beside_the_suite_file(example: Example) -> None:
    example.scenario("water", name="lib/water.py").suite("scenarios: {paths: [../lib]}", "suites/pare.yaml")
    code = """
    from pathlib import Path
    for settings, directory in (({}, "traces"), ({"output_dir": "mine"}, "mine")):
        path = Path(pare.run("water", export=True, **settings).result.export_path)
        assert path.parent == Path(__file__).parent / "suites" / directory
        assert path.is_file()
    """
    assert check(example, code, "suites/pare.yaml").outcomes() == {"passed": 2}


def test_each_run_has_a_trace_of_its_own_beside_those_of_the_suite(library: Example) -> None:
    library.suite(f"{LIB.replace('runner: {', 'runner: {export: true, ')}").write(
        "tests/test_shed.py",
        """
        import pytest
        from pathlib import Path
        from pytest_pare.simulation.trace_files import read_trace

        def silent(turn):
            pass

        def play(pare, agent=None, **settings):
            run = pare.run("water", agent=agent, **settings)
            path = Path(run.result.export_path)
            assert read_trace(path) == run.trace
            print("trace:", path.name)

        def test_one(pare):
            play(pare, silent)
            play(pare)
            play(pare, silent, run_number=1)

        @pytest.mark.parametrize("word", ["A", "a", "ä/b", "x" * 300])
        def test_other(pare, word):
            play(pare, silent)
        """,
    )
    sessions = [library.run("pare.yaml", "tests", "-s", *flags) for flags in ((), ("-p", "no:randomly"))]
    assert [session.outcomes() for session in sessions] == [{"passed": 6}] * 2
    wrote, again = (
        [line.partition("trace: ")[2] for line in session.result.outlines if "trace: " in line] for session in sessions
    )
    assert wrote == again
    assert len({name.lower() for name in wrote}) == 7
    # Nothing else was written over.
    assert {path.name for path in (library.path / "traces").iterdir()} == {"water.jsonl.gz", *wrote}
    assert '"agent":"eager"' in unpacked_text(library.path / "traces/water.jsonl.gz")
    assert wrote[0].startswith("water@tests-test_shed.py--test_one-1~")
    assert wrote[1].startswith("water@tests-test_shed.py--test_one-2~")
    assert wrote[2].startswith("water_run_1@tests-test_shed.py--test_one-1~")


# -- in all kinds of tests


def test_with_workers_and_in_classes_and_parametrised(example: Example) -> None:
    example.scenario("water").write(
        "test_shed.py",
        """
        import pytest

        class TestShed:
            @pytest.mark.parametrize("agent_type", ["null", "eager"])
            def test_it(self, pare, agent_type):
                assert pare.run("water", agent_type=agent_type).success
        """,
    )
    assert example.run("test_shed.py", "-n2").outcomes() == {"passed": 2}


def test_within_a_scenarios_own_session_it_belongs_to_the_suite(example: Example) -> None:
    """A fixture that a scenario uses may run another."""
    example.write(
        "conftest.py",
        """
        import pytest

        @pytest.fixture(autouse=True)
        def before(pare):
            assert pare.run("weed").trace.turns == 1
        """,
    )
    example.scenario("water").scenario("weed").suite("runner: {max_turns: 1}").suite("", "other.pare.yaml")
    assert example.run("pare.yaml").outcomes() == {"passed": 2}
