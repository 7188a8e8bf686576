"""Bad input is reported in a sentence, with its place; never by a traceback of the plugin's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_pare.scenarios.registration import SCENARIOS_DIR_VARIABLE

if TYPE_CHECKING:
    from tests.plugin.conftest import Example, Session

SUITE = ("--pare-config", "pare.yaml")


def errors(session: Session) -> str:
    """Return what a session that could not collect says of it."""
    assert session.code == pytest.ExitCode.INTERRUPTED
    assert session.has_no_traceback_of_ours()
    return session.out.partition("= ERRORS =")[2].partition("= short test summary")[0]


# -- the suite file


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "runs: [1",
            "pare.yaml:1: broken YAML in column 9: while parsing a flow sequence, "
            "expected ',' or ']', but got '<stream end>'",
        ),
        ("- runs", "pare.yaml:1: a suite must be a mapping of sections, got a list"),
        ("runs: 1\nrusn: 2", "pare.yaml:2: rusn: unknown key; did you mean runs?"),
        (
            "gate:\n  min_succes_rate: 1",
            "pare.yaml:2: gate.min_succes_rate: unknown key; did you mean min_success_rate?",
        ),
        ("runs: many", 'pare.yaml:1: runs: must be a whole number, got "many"'),
        ("scenarios: all", 'pare.yaml:1: scenarios: must be a mapping, got "all"'),
        (
            "gate: {min_success_rate: 95}",
            "pare.yaml:1: gate.min_success_rate: must be a fraction from 0 to 1, got 95; write 0.95 for 95 %",
        ),
    ],
)
def test_a_suite_file(example: Example, text: str, message: str) -> None:
    session = example.scenario("water").suite(text).run(*SUITE)
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert session.err == f"ERROR: {message}\n"


def test_all_that_is_wrong_is_reported_at_once(example: Example) -> None:
    session = example.suite("runs: 0\ngates: {}").run(*SUITE)
    assert session.err == (
        "ERROR: pare.yaml:1: runs: must be at least 1, got 0\npare.yaml:2: gates: unknown key; did you mean gate?\n"
    )


def test_two_suites_that_write_one_report(example: Example) -> None:
    example.suite("reports: {json: out.json}").suite("reports: {parquet: out.json}", "b.pare.yaml")
    session = example.run("pare.yaml", "b.pare.yaml")
    assert session.code == pytest.ExitCode.USAGE_ERROR
    path = example.path
    assert session.err == (
        f"ERROR: {path}/b.pare.yaml: the report {path}/out.json is also written by {path}/pare.yaml; "
        "give each a file of its own\n"
    )


def test_a_page_does_not_replace_the_suite(example: Example) -> None:
    session = example.suite("runs: 1").run(*SUITE, "--pare-html", "pare.yaml")
    assert "--pare-html: reports.html: pare.yaml is no name of a page; name a file such as page.html" in session.err
    assert (example.path / "pare.yaml").read_text() == "runs: 1"


TRACED = "scenarios: {%s}\nrunner: {export: true%s}\n%s"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("", "", ""), ("", "", "")),
        (("include: [water]", "", ""), ("include: [w*]", ", output_dir: ./traces", "")),
        (("include: [water]", "", "runs: 2"), ("", "", "runs: 3")),
        (("", "", "matrix: {a: {max_turns: 1}, b: {}}"), ("", "", "matrix: {b: {export: true}}")),
    ],
)
def test_two_suites_that_write_the_same_traces(example: Example, one: tuple[str], other: tuple[str]) -> None:
    example.scenario("water").scenario("weed").suite(TRACED % one).suite(TRACED % other, "b.pare.yaml")
    session = example.run("pare.yaml", "b.pare.yaml")
    assert session.code == pytest.ExitCode.USAGE_ERROR
    path = example.path
    assert session.err == (
        f"ERROR: {path}/b.pare.yaml: traces in {path}/traces are also written by {path}/pare.yaml, under the same "
        "names; give each a directory of its own (runner.output_dir)\n"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("include: [water]", "", ""), ("exclude: [water]", "", "")),
        (("limit: 1", "", ""), ("include: [weed]", "", "")),
        (("", "", ""), ("", ", output_dir: other", "")),
        (("", "", ""), ("", ", trace_dump_format: lite", "")),
        (("", "", ""), ("", "", "runs: 2")),
        (("", "", ""), ("", "", "matrix: {a: {max_turns: 1}}")),
        (("", "", ""), ("", "", "matrix: {a: {export: false}}")),
    ],
)
def test_two_suites_that_write_traces_apart(example: Example, one: tuple[str], other: tuple[str]) -> None:
    example.scenario("water").scenario("weed").suite(TRACED % one).suite(TRACED % other, "b.pare.yaml")
    assert example.run("pare.yaml", "b.pare.yaml", "--collect-only").code == pytest.ExitCode.OK


def test_two_suites_whose_libraries_do_not_tell_their_scenarios(
    example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    example.scenario("water").scenario("weed").suite(TRACED % ("include: [water]", "", ""))
    example.suite(TRACED % ("include: [weed]", "", ""), "b.pare.yaml")
    # What an entry point registers may be selected, too.
    monkeypatch.setattr("pytest_pare.settings.selection.metadata.entry_points", lambda group: [group])
    session = example.run("pare.yaml", "b.pare.yaml", "--collect-only")
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert "give each a directory of its own (runner.output_dir)" in session.err


# -- the selection


def test_an_unknown_id_in_a_split(example: Example) -> None:
    example.scenario("water").suite("scenarios:\n  split: ids.txt").write("ids.txt", "weter\n")
    assert "pare.yaml:2: scenarios.split: there is no scenario 'weter'; did you mean 'water'?" in errors(
        example.run(*SUITE)
    )
    example.write("ids.txt", "xyz\n")
    assert "pare.yaml:2: scenarios.split: there is no scenario 'xyz'\n" in errors(example.run(*SUITE))


def test_a_split_that_does_not_exist(example: Example) -> None:
    session = example.scenario("water").run(*SUITE, "--pare-split", "ids.txt")
    assert "--pare-split: scenarios.split: ids.txt: cannot be read: No such file or directory" in errors(session)


def test_an_empty_selection(example: Example) -> None:
    session = example.scenario("water").suite("scenarios: {include: [water, wine*]}").run(*SUITE)
    assert "pare.yaml:1: scenarios.include[1]: 'wine*' matches no scenario" in errors(session)
    session = example.suite("scenarios: {include: [watr]}").run(*SUITE)
    assert "pare.yaml:1: scenarios.include[0]: 'watr' matches no scenario; did you mean 'water'?" in errors(session)
    session = example.suite("scenarios: {exclude: ['x*', watr]}").run(*SUITE)
    assert "pare.yaml:1: scenarios.exclude[0]: 'x*' matches no scenario\n" in errors(session)
    session = example.suite("scenarios: {exclude: [watr]}").run(*SUITE)
    assert "pare.yaml:1: scenarios.exclude[0]: 'watr' matches no scenario; did you mean 'water'?" in errors(session)
    session = example.suite("scenarios: {exclude: [w*]}").run(*SUITE)
    assert "pare.yaml:1: scenarios: no scenario is selected, of 1 in the library" in errors(session)
    assert "gate" not in session.out


def test_a_library_that_does_not_exist(example: Example) -> None:
    example.suite("scenarios:\n  paths: [library]")
    assert "pare.yaml:2: scenarios.paths[0]: library: No such file or directory" in errors(example.run(*SUITE))


def test_an_environment_variable_that_names_nothing(example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SCENARIOS_DIR_VARIABLE, "nowhere")
    assert (
        f"PARE_SCENARIOS_DIR: no directory 'nowhere', neither in {example.path} nor in the bundled library"
        in errors(example.run(*SUITE))
    )
    monkeypatch.setenv(SCENARIOS_DIR_VARIABLE, " , ")
    assert "no scenario is selected, of 0 in the library" in errors(example.run(*SUITE))


def test_an_unknown_node_id(example: Example) -> None:
    session = example.scenario("water").run("pare.yaml::weter")
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: not found: " in session.err


# -- modules


def test_each_broken_module_is_an_error_of_its_own(example: Example) -> None:
    example.scenario("water").write("scenarios/a.py", "x = 1\ndef broken(:\n").write(
        "scenarios/sub/b.py", "import nope"
    )
    session = example.run(*SUITE)
    text = errors(session)
    assert session.outcomes() == {"errors": 2}
    session.result.stdout.fnmatch_lines(
        ["ERROR pare.yaml::scenarios/a.py", "ERROR pare.yaml::scenarios/sub/b.py", "*Interrupted: 2 errors *"]
    )
    assert f"{example.path}/scenarios/a.py:2: SyntaxError: invalid syntax" in text
    assert f"{example.path}/scenarios/sub/b.py:1: ModuleNotFoundError: No module named 'nope'" in text


def test_what_could_be_collected_is_run_on_request(example: Example) -> None:
    example.scenario("water").write("scenarios/a.py", "import nope").suite("gate: {min_success_rate: 0}")
    session = example.run(*SUITE, "--continue-on-collection-errors")
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.outcomes() == {"passed": 1, "errors": 1}
    assert session.open_runs == ["NO RESULT  scenarios/a.py: the module could not be collected"]
    assert session.verdict == [
        "gate FAIL: 1 of 2 runs succeeded (50.0 %), 0.0 % needed: 1 no result",
        "cannot pass: 1 run has no result",
    ]


def test_a_library_of_nothing_but_broken_modules(example: Example) -> None:
    text = errors(example.write("scenarios/a.py", "import nope").run(*SUITE))
    assert "a.py:1: ModuleNotFoundError: No module named 'nope'" in text
    assert "no scenario is selected" not in text


def test_a_broken_module_does_not_hide_a_scenario_that_is_named(example: Example) -> None:
    example.scenario("water").write("scenarios/a.py", "import nope")
    assert example.run("pare.yaml::water").outcomes() == {"passed": 1}


def test_a_broken_module_outside_of_the_suites_directory(example: Example) -> None:
    example.write("lib/a.py", "import nope").scenario("water", name="lib/water.py")
    example.suite("scenarios: {paths: [../lib]}", "suites/pare.yaml")
    session = example.run("suites/pare.yaml")
    assert "lib/a.py:1: ModuleNotFoundError: No module named 'nope'" in errors(session)
    assert "ERROR suites/pare.yaml::a.py" in session.result.outlines


def test_a_duplicate_id(example: Example) -> None:
    example.scenario("water", name="scenarios/a.py").scenario("water", name="scenarios/b.py")
    text = errors(example.run(*SUITE))
    path = example.path / "scenarios"
    assert (
        f"{path}/b.py:9: DuplicateScenarioError: scenario id 'water' is registered twice: in {path}/a.py:9 (Scenario) "
        f"and in {path}/b.py:9 (Scenario); rename one of them"
    ) in text


@pytest.mark.parametrize("scenario_id", ["a::b", "a[b", "a]", "a@b"])
def test_an_id_that_node_ids_cannot_hold(example: Example, scenario_id: str) -> None:
    text = errors(example.scenario(scenario_id, name="scenarios/a.py").run(*SUITE))
    assert (
        f"{example.path}/scenarios/a.py:9: InvalidScenarioIdError: scenario id {scenario_id!r} cannot be used: it must "
        "not hold '[', ']', '::' or '@', which have a meaning in pytest's node ids"
    ) in text


@pytest.mark.parametrize("scenario_id", ["setup_module", "pytestmark", "pytest_plugins", "__doc__", "collect_ignore"])
def test_an_id_that_pytest_looks_up(example: Example, scenario_id: str) -> None:
    text = errors(example.scenario(scenario_id, name="scenarios/a.py").run(*SUITE))
    assert f"scenario id {scenario_id!r} cannot be used: pytest looks up that name on a module" in text


# -- scenarios


def failure(session: Session, scenario_id: str = "water") -> str:
    """Return what a session says of the one scenario that broke in it."""
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.outcomes() == {"passed": 1, "failed": 1}
    assert session.has_no_traceback_of_ours()
    return session.out.partition(f"_ {scenario_id} _")[2].partition("= pare: ")[0].lstrip("_\n").rstrip("=")


@pytest.fixture
def garden(example: Example) -> Example:
    """One good scenario, and a gate that any number of failures passes but not the loss of a result."""
    return example.scenario("weed").suite("gate: {min_success_rate: 1}")


def test_validate_raises(garden: Example) -> None:
    session = garden.scenario("water", "plant = None\nassert plant == 'rose'").run(*SUITE)
    text = failure(session)
    assert ">       assert plant == 'rose'" in text
    assert text.endswith("scenarios/water.py:23: AssertionError\n")
    assert session.open_runs == ["EXCEPTION  water: AssertionError"]


@pytest.mark.parametrize("tb", ["long", "short", "line"])
def test_the_traceback_begins_in_the_scenarios_code(garden: Example, tb: str) -> None:
    session = garden.scenario("water", "raise").run(*SUITE, f"--tb={tb}")
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert "ValueError: no such plant" in session.out
    assert session.has_no_traceback_of_ours()


def test_validate_returns_none(garden: Example) -> None:
    session = garden.scenario("water", "none").run(*SUITE)
    assert failure(session).startswith("validate() returned None\n\nlast 2 of 2 events, at simulated seconds:\n")
    assert session.open_runs == ["NO VERDICT water: validate() returned None"]
    assert session.verdict[0].endswith(": 1 no validation")


def test_validate_returns_something_else(garden: Example) -> None:
    text = failure(garden.scenario("water", "return True").run(*SUITE))
    assert text.startswith("ScenarioDefect: validate() must return a ScenarioValidationResult, not bool\n(True)\n")


def test_validate_says_no_without_a_word(garden: Example) -> None:
    session = garden.scenario("water", "return ScenarioValidationResult(success=False)").run(*SUITE)
    assert failure(session).startswith("validate() said no and gave no rationale\n")
    assert session.open_runs == ["FAILED     water: no rationale"]


def test_validate_gives_no_verdict_and_not_a_word(garden: Example) -> None:
    session = garden.scenario("water", "return ScenarioValidationResult(success=None)").run(*SUITE)
    assert failure(session).startswith("validate() gave no verdict (success is None) and gave no rationale\n")
    assert session.open_runs[0].startswith("NO VERDICT water")


def test_validate_reports_an_exception_that_it_caught(garden: Example) -> None:
    session = garden.scenario(
        "water", "return ScenarioValidationResult(success=False, exception=KeyError('hose'))"
    ).run(*SUITE)
    assert failure(session).startswith("KeyError: 'hose'\n")
    assert session.open_runs == ["EXCEPTION  water: KeyError: 'hose'"]


def test_validate_fails_as_a_test_does(garden: Example) -> None:
    session = garden.scenario("water", "pytest.fail('dry')").run(*SUITE)
    assert failure(session).endswith("Failed: dry\n\nscenarios/water.py:22: Failed\n")


def test_validate_exits(garden: Example) -> None:
    session = garden.scenario("water", "raise SystemExit(3)").run(*SUITE)
    text = session.out.partition("_ water _")[2]
    assert text.partition("\n")[2].startswith("SystemExit: 3\n")
    assert 'scenarios/water.py", line 22, in validate\n' in text
    assert "pytest_pare/" not in text
    assert session.open_runs == ["EXCEPTION  water: SystemExit: 3"]


@pytest.mark.parametrize(
    "method", ["init_and_populate_apps(self, *args, **kwargs)", "build_events_flow(self)", "__init__(self, **kwargs)"]
)
def test_other_methods_raise(garden: Example, method: str) -> None:
    session = garden.scenario("water", methods=f"def {method}:\n    raise OSError('flood')").run(*SUITE)
    text = failure(session)
    assert text.endswith("E       OSError: flood\n\nscenarios/water.py:25: OSError\n")
    assert session.open_runs == ["EXCEPTION  water: OSError: flood"]
    assert session.verdict[0].endswith(": 1 exception")


def test_a_constructor_that_takes_nothing(garden: Example) -> None:
    session = garden.scenario("water", methods="def __init__(self): pass").run(*SUITE)
    text = failure(session)
    assert "TypeError: " in text
    assert "unexpected keyword argument 'run_number'" in text


def test_a_base_class_in_another_file_raises(garden: Example) -> None:
    """The first frame of the scenario's own code is not in the scenario's file."""
    garden.write(
        "bases.py",
        """
        from pytest_pare.scenarios import PAREScenario

        class Flooded(PAREScenario):
            def init_and_populate_apps(self, *args, **kwargs):
                raise OSError("flood")
        """,
    )
    garden.write(
        "scenarios/water.py",
        """
        from pytest_pare.scenarios import register_scenario
        from bases import Flooded

        @register_scenario("water")
        class Water(Flooded):
            def validate(self, env): ...
        """,
    )
    garden.pytester.syspathinsert()
    assert "bases.py:6: OSError" in failure(garden.run(*SUITE))


@pytest.mark.parametrize("flags", [[], ["--pare-oracle"], ["--pare-set=runner.agent_type=eager"]])
def test_a_step_of_the_script_raises(garden: Example, flags: list[str]) -> None:
    garden.scenario(
        "water",
        methods="""
        def build_events_flow(self):
            with EventRegisterer.capture_mode():
                rain = self.agent_ui.send_message_to_agent(content="It rains.").with_id("rain").delayed(9)
                news = self.agent_ui.send_message_to_agent(content="{{rain}}").delayed(5)
            self.events = [news, rain]
        """,
    )
    text = failure(garden.run(*SUITE, *flags))
    assert text.startswith("ScenarioDefect: +5 s: ")
    assert "send_message_to_agent" in text.splitlines()[0]


def test_a_reference_step_raises_in_oracle_mode(garden: Example) -> None:
    garden.scenario(
        "water",
        methods="""
        def build_events_flow(self):
            with EventRegisterer.capture_mode():
                rain = self.agent_ui.send_message_to_agent(content="It rains.").with_id("rain").delayed(9)
                offer = self.agent_ui.send_message_to_user(content="{{rain}}").oracle().delayed(5)
            self.events = [offer, rain]
        """,
    )
    text = failure(garden.run(*SUITE, "--pare-oracle"))
    assert text.startswith("ScenarioDefect: +5 s: ")
    assert "send_message_to_user" in text.splitlines()[0]


@pytest.fixture
def drought(garden: Example) -> Example:
    return garden.scenario(
        "water",
        methods="""
        def build_events_flow(self):
            def it_rains(env):
                return False
            rain = ConditionCheckEvent.from_condition(it_rains)
            with EventRegisterer.capture_mode():
                offer = self.agent_ui.send_message_to_user(content="Rain!").oracle().depends_on(rain)
            self.events = [rain, offer]
        """,
    )


def test_a_condition_that_never_comes_true(drought: Example) -> None:
    text = failure(drought.run(*SUITE, "--pare-oracle"))
    assert text.startswith(
        "ScenarioTimeoutError: condition 'it_rains' has not come true within 600\n"
        "simulated seconds (max_scenario_duration)\n"
    )
    # The 600 evaluations of the condition are not shown.
    assert text.splitlines()[2:4] == ["", "no event had happened"]


def test_with_agents_a_condition_that_never_comes_true_ends_no_run(drought: Example) -> None:
    """What an agent does, or leaves undone, may well be why it never does: the verdict is the validator's."""
    session = drought.run(*SUITE, "--pare-set=runner.agent_type=eager")
    assert session.outcomes() == {"passed": 2}
    session = drought.run(*SUITE)
    assert session.outcomes() == {"passed": 1, "failed": 1}
    assert "1 step of the solution could not be played:" in failure(session)
    assert any(line.split() == ["Proposals", "1"] for line in session.summary)


def test_a_run_that_takes_too_long(garden: Example) -> None:
    garden.scenario(
        "water",
        methods="""
        def build_events_flow(self):
            with EventRegisterer.capture_mode():
                first = self.agent_ui.send_message_to_user(content="one").oracle().delayed(5)
                second = self.agent_ui.send_message_to_user(content="two").oracle().depends_on(first, delay_seconds=5)
            self.events = [first, second]

        def initialize(self, *args, **kwargs):
            super().initialize(*args, **kwargs)
            show = self.agent_ui._send_message
            def slow(*args, **kwargs):
                time.sleep(1.05)
                return show(*args, **kwargs)
            self.agent_ui._send_message = slow
        """,
    )
    text = failure(garden.run(*SUITE, "--pare-set=runner.timeout_seconds=1"))
    assert "ScenarioTimeoutError: the run took longer than 1 s of real time\n(timeout_seconds)" in text


def test_an_entry_point_that_cannot_be_loaded(example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import EntryPoint

    broken = EntryPoint("herbs", "nope:load", "pare.scenarios")
    monkeypatch.setattr("pytest_pare.scenarios.registry.metadata.entry_points", lambda group: [broken])
    example.scenario("water")
    assert (
        "entry point herbs = nope:load (group pare.scenarios): ModuleNotFoundError: No module named 'nope'"
        in errors(example.run(*SUITE))
    )


# -- warnings


@pytest.fixture
def sloppy(example: Example) -> Example:
    return example.scenario(
        "water",
        methods="""
        def build_events_flow(self):
            with EventRegisterer.capture_mode():
                rain = self.agent_ui.send_message_to_agent(content="It rains.").with_id("rain").delayed(9)
                news = self.agent_ui.send_message_to_agent(content="{{rain}}").delayed(5)
            self.events = [news, rain]
        """,
    ).suite("scenarios: {script_errors: warn}")


def test_script_errors_may_be_warnings(sloppy: Example) -> None:
    session = sloppy.run(*SUITE)
    assert session.code == pytest.ExitCode.OK
    assert session.outcomes() == {"passed": 1, "warnings": 1}
    session.result.stdout.fnmatch_lines(
        ["pare.yaml::water", "  scenarios/water.py:*: PAREScriptWarning: water: +5 s: *send_message_to_agent: *"]
    )


def test_a_warning_that_is_to_be_an_error_fails_the_run(sloppy: Example) -> None:
    session = sloppy.run(*SUITE, "-W", "error")
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.open_runs[0].startswith("EXCEPTION  water: PAREScriptWarning: +5 s: ")
    assert "(-W or filterwarnings makes an error of this warning)" in session.words
    assert session.has_no_traceback_of_ours()


def test_a_warning_that_is_to_be_an_error_hides_nothing_else(sloppy: Example) -> None:
    for validate, expected in (("fail", "the plants are dry"), ("raise", "ValueError: no such plant")):
        sloppy.scenario(
            "water",
            validate,
            methods="""
            def build_events_flow(self):
                with EventRegisterer.capture_mode():
                    rain = self.agent_ui.send_message_to_agent(content="It rains.").with_id("rain").delayed(9)
                    news = self.agent_ui.send_message_to_agent(content="{{rain}}").delayed(5)
                self.events = [news, rain]
            """,
        )
        session = sloppy.run(*SUITE, "-W", "error")
        assert expected in session.open_runs[0]
        assert expected in session.out.partition("= FAILURES =")[2].partition("= pare:")[0]
        assert "(-W or filterwarnings makes an error of this warning)" in session.words


def test_answers_that_cannot_be_had_stop_the_session(example: Example) -> None:
    scripted = "{model_name: s, provider: scripted, answers: %s}"
    example.scenario("water").write("broken.yaml", "a: [\n").write("answers.yaml", "water: []\n")
    example.suite(
        f"""
runner:
  user_engine_config: {scripted % "gone.yaml"}
  observe_engine_config: {scripted % "answers.yaml"}
matrix:
  x: {{}}
  y: {{execute_engine_config: {scripted % "broken.yaml"}}}
"""
    )
    session = example.run(*SUITE)
    assert session.code == 4
    broken = example.path / "broken.yaml"
    assert [line.removeprefix("ERROR: ") for line in session.err.splitlines() if "answers" in line] == [
        f"pare.yaml:3: runner.user_engine_config.answers: {example.path / 'gone.yaml'}: cannot be read: "
        "No such file or directory",
        f"pare.yaml:7: matrix.y.execute_engine_config.answers: {broken}:2: broken YAML in column 1: "
        "while parsing a flow node, expected the node content, but found '<stream end>'",
    ]
    assert session.has_no_traceback_of_ours()
    # Nobody asks for them.
    assert "gone.yaml" not in example.run(*SUITE, "--pare-oracle").err
