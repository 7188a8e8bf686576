"""Suites whose models are recorded: from the flags to the files, and what a session says of them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.engines import building, check
from pytest_pare.engines.cassette import Cassette
from tests.engines.recorded_runs import Model

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin.conftest import Example, Session

ENGINE = "{model_name: model-2025-01-01, provider: somebody}"
SUITE = f"""\
runner:
  user_engine_config: {ENGINE}
  observe_engine_config: {ENGINE}
  execute_engine_config: {ENGINE}
  max_turns: 2
  observe_max_iterations: 1
  export: true
cassettes: {{}}
"""
RECORD = ("--pare-record", "once", "--pare-live")


class Service:
    """Counts what is asked of it."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, config: Any, role: Any, reference: Any) -> Model:
        del role, reference
        return Model(config.model_name, [], self._count)

    def _count(self, messages: list[dict[str, Any]]) -> None:
        self.asked += len(messages) > 0


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    """Stands for a provider: what it answers is `wait`."""
    service = Service()
    monkeypatch.setattr(building, "_live", service)
    monkeypatch.setattr(check, "problem_with", lambda engines: None)
    return service


@pytest.fixture
def project(example: Example, service: Service) -> Example:
    """Two scenarios that succeed whatever is done, and a suite with cassettes."""
    return example.scenario("plants").scenario("water").suite(SUITE)


def cassettes(project: Example, directory: str = "cassettes") -> list[str]:
    return sorted(path.name for path in (project.path / directory).glob("*"))


def traces(project: Example) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (project.path / "traces").iterdir()}


def prune_lines(session: Session) -> list[str]:
    """Return what the session says of cassettes after the report."""
    return [line.removeprefix("pare: ") for line in session.summary if "cassette" in line or "removed" in line]


# -- recording and replaying


def test_a_suite_is_recorded_once_and_then_replayed(project: Example, service: Service) -> None:
    recorded = project.run("--pare-config", "pare.yaml", *RECORD)
    assert (recorded.code, recorded.outcomes()) == (0, {"passed": 2})
    assert cassettes(project) == ["plants.jsonl", "water.jsonl"]
    before, service.asked = traces(project), 0
    replayed = project.run("--pare-config", "pare.yaml")
    assert (replayed.code, replayed.outcomes()) == (0, {"passed": 2})
    assert (service.asked, traces(project)) == (0, before)


def test_each_run_of_each_variant_has_a_recording_of_its_own(project: Example) -> None:
    project.suite(f"{SUITE}runs: 2\n").write(
        "conftest.py",
        """
        import pytest
        from pytest_pare.scenarios.config import LLMEngineConfig

        @pytest.fixture(params=["model-a-2025", "model-b-2025"])
        def user_engine_config(request):
            return LLMEngineConfig(model_name=request.param, provider="somebody")
        """,
    )
    session = project.run("--pare-config", "pare.yaml", "-k", "plants", *RECORD)
    assert session.outcomes()["passed"] == 4
    assert cassettes(project) == [
        "plants_run_1@model-a-2025.jsonl", "plants_run_1@model-b-2025.jsonl",
        "plants_run_2@model-a-2025.jsonl", "plants_run_2@model-b-2025.jsonl",
    ]  # fmt: skip
    recording = Cassette.read(project.path / "cassettes" / "plants_run_2@model-b-2025.jsonl")
    assert recording is not None
    assert (recording.scenario_id, recording.run_number, recording.variant, recording.suite) == (
        "plants", 2, "model-b-2025", "../pare.yaml"
    )  # fmt: skip
    assert recording.of("user")[0].model == "model-b-2025"
    assert project.run("--pare-config", "pare.yaml", "-k", "plants").outcomes()["passed"] == 4


def test_what_was_never_recorded_is_an_exception_that_says_how(project: Example, service: Service) -> None:
    session = project.run("--pare-config", "pare.yaml")
    assert session.code == 1
    assert session.open_runs == [
        "EXCEPTION  plants: EngineConfigurationError: cassettes/plants.jsonl was never...",
        "EXCEPTION  water: EngineConfigurationError: cassettes/water.jsonl was never r...",
    ]
    assert "was never recorded; record it with --pare-record once --pare-live (in " in session.words
    assert session.has_no_traceback_of_ours()
    assert service.asked == 0


def test_a_run_that_leaves_its_recording_says_where_and_why(project: Example) -> None:
    project.run("--pare-config", "pare.yaml", *RECORD)
    project.scenario("plants", methods="user_goal = 'Wants to be left alone.'")
    session = project.run("--pare-config", "pare.yaml")
    assert session.outcomes() == {"failed": 1, "passed": 1, "warnings": 1}
    session.result.stdout.fnmatch_lines(
        [
            "CassetteDrift: turn 0, call 1 of role user is not as recorded: the scenario's",
            "user has another goal",
            "in cassettes/plants.jsonl, message 1 of *:",
            "- *",
            "+ *Wants to be left alone.*",
            "record it anew with --pare-record all --pare-live",
            "*PARECassetteWarning: cassettes/plants.jsonl may be out of date: the scenario's user has another goal",
        ],
        consecutive=False,
    )
    drift = "EXCEPTION  plants: CassetteDrift: turn 0, call 1 of role user is not as recor..."
    assert session.open_runs == [drift]
    assert session.has_no_traceback_of_ours()


def test_a_warning_that_is_to_be_an_error_does_not_hide_the_drift(project: Example) -> None:
    project.run("--pare-config", "pare.yaml", *RECORD)
    project.scenario("plants", methods="user_goal = 'Wants to be left alone.'")
    session = project.run("--pare-config", "pare.yaml", "-W", "error")
    session.result.stdout.fnmatch_lines(
        [
            "CassetteDrift: turn 0, call 1 of role user is not as recorded: the scenario's",
            "user has another goal",
            "+ *Wants to be left alone.*",
            "PARECassetteWarning: cassettes/plants.jsonl may be out of date: the scenario's",
            "user has another goal (-W or filterwarnings makes an error of this warning)",
        ],
        consecutive=False,
    )
    drift = "EXCEPTION  plants: CassetteDrift: turn 0, call 1 of role user is not as recor..."
    assert session.open_runs == [drift]
    assert session.has_no_traceback_of_ours()


def test_a_stale_recording_is_a_matter_of_configuration_where_its_warning_is_an_error(project: Example) -> None:
    project.suite(f"{SUITE}reports: {{json: pare.json}}\n").run("--pare-config", "pare.yaml", *RECORD)
    path = project.path / "cassettes" / "plants.jsonl"
    path.write_text(re.sub(r'"package": "[^"]*"', '"package": "0.0.0"', path.read_text()))
    session = project.run("--pare-config", "pare.yaml", "-W", "error")
    assert (session.code, session.outcomes()) == (1, {"failed": 1, "passed": 1})
    assert session.open_runs == ["EXCEPTION  plants: PARECassetteWarning: cassettes/plants.jsonl may be out of ..."]
    reason = (
        r"PARECassetteWarning: cassettes/plants\.jsonl may be out of date: .*0\.0\.0.* \(-W or filterwarnings makes"
    )
    assert re.search(reason, session.words)
    assert '"configuration": 1' in (project.path / "pare.json").read_text()
    assert session.has_no_traceback_of_ours()


def test_the_suite_can_take_the_recorded_answers_nevertheless(project: Example) -> None:
    project.run("--pare-config", "pare.yaml", *RECORD)
    project.scenario("plants", methods="user_goal = 'Wants to be left alone.'")
    session = project.run("--pare-config", "pare.yaml", "--pare-set", "cassettes.on_drift=warn")
    assert (session.code, session.outcomes()) == (0, {"passed": 2, "warnings": 2})


def test_a_cassette_that_cannot_be_written_is_reported(project: Example) -> None:
    project.write("cassettes/plants.jsonl/file", "in the way")
    session = project.run("--pare-config", "pare.yaml", "--pare-record", "all", "--pare-live")
    assert (session.code, session.outcomes()) == (1, {"passed": 2})
    assert any("pare.yaml: plants: cannot write the cassette" in line for line in session.summary)


@pytest.mark.parametrize("directory", ["cassettes", "cassettes/of/models"])
@pytest.mark.parametrize("mode", ["once", "new", "all"])
def test_a_directory_that_can_be_none_is_reported_before_anything_is_spent(
    project: Example, service: Service, directory: str, mode: str
) -> None:
    project.write("cassettes", "in the way").suite(SUITE.replace("{}", f"\n  dir: {directory}"))
    session = project.run("--pare-config", "pare.yaml", "--pare-record", mode, "--pare-live")
    assert session.code == 4
    assert session.err.splitlines() == [
        f"ERROR: pare.yaml:9: cassettes.dir: cassettes cannot be written to {project.path}/{directory}: "
        f"{project.path}/cassettes is no directory; name another directory, or make it writable"
    ]
    assert service.asked == 0


def test_a_directory_matters_where_a_fixture_may_bring_a_model(project: Example) -> None:
    project.write("cassettes", "in the way").suite("cassettes: {}")
    assert project.run("--pare-config", "pare.yaml", *RECORD).code == 4
    assert project.run("--pare-config", "pare.yaml", *RECORD, "--pare-oracle").code == 0
    assert project.run("--pare-config", "pare.yaml").code == 0


@pytest.mark.parametrize(
    ("there", "args", "code"),
    [
        (False, ("--pare-record", "once", "--pare-live"), 4),
        (True, ("--pare-record", "all", "--pare-live"), 4),
        # What is recorded already is only read.
        (True, ("--pare-record", "once", "--pare-live"), 0),
        (True, (), 0),
        (False, ("--pare-record", "once", "--pare-live", "--collect-only"), 0),
    ],
)
def test_a_directory_that_must_not_be_written_to_is_reported_before_anything_is_spent(
    project: Example, service: Service, monkeypatch: pytest.MonkeyPatch, there: bool, args: tuple[str, ...], code: int
) -> None:
    if there:
        project.run("--pare-config", "pare.yaml", *RECORD)
        service.asked = 0
    monkeypatch.setattr("pytest_pare.base.run_files.os.access", lambda path, mode: False)
    session = project.run("--pare-config", "pare.yaml", *args)
    assert (session.code, service.asked) == (code, 0)
    assert ("nothing may be written to" in session.err) == (code == 4)


def test_tests_of_ones_own_are_recorded_under_their_own_name(project: Example, service: Service) -> None:
    project.write(
        "test_own.py",
        """
        def test_twice(pare):
            assert pare.run("plants").success
            assert pare.run("plants", max_turns=1).success
        """,
    )
    ini = ("--pare-config", "pare.yaml", "test_own.py", "pare.yaml::water")
    assert project.run(*ini, *RECORD).outcomes() == {"passed": 2}
    own = [name for name in cassettes(project) if name.startswith("plants@test_own.py--test_twice-")]
    assert len(own) == 2
    service.asked = 0
    assert project.run(*ini).outcomes() == {"passed": 2}
    assert service.asked == 0


# -- several suites


TWO = ("--pare-config", "pare.yaml", "--pare-config", "full.pare.yaml")


def two(project: Example, first: str = "", second: str = "") -> Example:
    return project.suite(f"{SUITE}{first}").suite(f"{SUITE.replace('model-', 'other-')}{second}", "full.pare.yaml")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("", ""),
        ("scenarios: {include: [plants]}\n", ""),
        ("runs: 2\n", "runs: 3\n"),
        ("matrix: {short: {max_turns: 1}, long: {}}\n", "matrix: {short: {max_turns: 1}}\n"),
    ],
)
@pytest.mark.parametrize("args", [(), ("--pare-record", "all", "--pare-live")])
def test_two_suites_do_not_share_a_recording(
    project: Example, service: Service, first: str, second: str, args: tuple[str, ...]
) -> None:
    session = two(project, first, second).run(*TWO, *args)
    assert session.code == 4
    assert session.err.splitlines() == [
        f"ERROR: {project.path}/full.pare.yaml: the cassettes in {project.path}/cassettes are also those of "
        f"{project.path}/pare.yaml; give each a cassettes.dir of its own"
    ]
    assert (service.asked, cassettes(project)) == (0, [])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("scenarios: {include: [plants]}\n", "scenarios: {include: [water]}\n"),
        ("scenarios: {limit: 1}\n", "scenarios: {include: [water]}\n"),
        ("runs: 2\n", ""),
        ("matrix: {short: {max_turns: 1}}\n", ""),
    ],
)
def test_two_suites_may_share_the_directory(project: Example, first: str, second: str) -> None:
    assert two(project, first, second).run(*TWO, *RECORD).code == 0
    assert two(project, first, second).run(*TWO).code == 0


def test_suites_that_record_nothing_have_nothing_to_share(project: Example) -> None:
    project.suite("cassettes: {}", "full.pare.yaml")
    assert project.run(*TWO, *RECORD).code == 0
    project.suite(SUITE.replace("{}", "null").replace("export: true", "export: false"), "full.pare.yaml")
    assert project.run(*TWO, "--pare-live").code == 0


def test_suites_whose_scenarios_are_not_known_may_share_a_recording(
    project: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    two(project, "scenarios: {include: [plants]}\n", "scenarios: {include: [water]}\n")
    monkeypatch.setattr("pytest_pare.settings.selection.metadata.entry_points", lambda group: [group])
    assert project.run(*TWO, *RECORD).code == 4
    two(project, "matrix: {a: {}}\n", "matrix: {b: {}}\n")
    assert project.run(*TWO, "--collect-only").code != 4


# -- pruning


@pytest.fixture
def pruned(project: Example) -> Example:
    """A project with recordings that are not used any more, and with others that are none of this suite's business."""
    project.run("--pare-config", "pare.yaml", *RECORD)
    directory = project.path / "cassettes"
    whole = (directory / "water.jsonl").read_text()
    (directory / "gone.jsonl").write_text(whole)
    (directory / "gone_run_1.jsonl").write_text(whole)
    (directory / "other.jsonl").write_text(whole.replace('"suite": "../pare.yaml"', '"suite": "../other.pare.yaml"'))
    (directory / "own.jsonl").write_text(whole.replace('"suite": "../pare.yaml"', '"suite": ""'))
    (directory / "notes.jsonl").write_text("not a cassette")
    (directory / "README.md").write_text("not a cassette")
    return project


KEPT = ["README.md", "notes.jsonl", "other.jsonl", "own.jsonl", "plants.jsonl", "water.jsonl"]
EVERYTHING = sorted([*KEPT, "gone.jsonl", "gone_run_1.jsonl"])


def prune(project: Example, *args: str) -> Session:
    return project.run("--pare-config", "pare.yaml", "--pare-prune-cassettes", *args)


def test_what_no_scenario_uses_is_removed_and_listed(pruned: Example) -> None:
    session = prune(pruned)
    directory = pruned.path / "cassettes"
    assert prune_lines(session) == [
        "pare.yaml: 2 cassettes that no scenario uses:",
        f"  removed {directory}/gone.jsonl",
        f"  removed {directory}/gone_run_1.jsonl",
    ]
    assert cassettes(pruned) == KEPT
    assert prune_lines(prune(pruned)) == ["pare.yaml: every cassette is used"]


def test_without_the_flag_nothing_is_removed(pruned: Example) -> None:
    assert prune_lines(pruned.run("--pare-config", "pare.yaml")) == []
    assert cassettes(pruned) == EVERYTHING


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (("-k", "water"), "the session runs only a part of the suite (-k water)"),
        (("--lf",), "the session runs only a part of the suite (--lf)"),
        (("--pare-limit", "1"), "the session runs only a part of the suite (limit 1, --pare-limit)"),
        (("--pare-limit", "9"), "the session runs only a part of the suite (limit 9, --pare-limit)"),
        (("pare.yaml::water",), "the session runs only a part of the suite (node ids)"),
        (("--deselect", "pare.yaml::water"), "the session runs only a part of the suite (--deselect)"),
        (("--pare-set", "scenarios.include=[w*]"), "the session runs only a part of the suite (--pare-set)"),
        (("--pare-split", "split.txt"), "the session runs only a part of the suite (--pare-split)"),
        (("--pare-runs", "1"), "the session runs only a part of the suite (--pare-runs)"),
        (("--pare-set", "cassettes=null", "--pare-oracle"), "the suite has no cassettes"),
    ],
)
def test_a_session_that_may_be_less_than_the_suite_removes_nothing(
    pruned: Example, args: tuple[str, ...], reason: str
) -> None:
    pruned.write("split.txt", "water\n")
    assert prune_lines(prune(pruned, *args)) == [f"pare.yaml: no cassette was removed: {reason}"]
    assert cassettes(pruned) == EVERYTHING


def test_a_session_that_only_looks_removes_nothing(pruned: Example) -> None:
    assert "no cassette was removed: the session runs nothing" in prune(pruned, "--collect-only").out
    assert cassettes(pruned) == EVERYTHING


def test_a_session_that_is_interrupted_removes_nothing(pruned: Example) -> None:
    pruned.scenario("water", "raise KeyboardInterrupt")
    assert prune_lines(prune(pruned)) == ["pare.yaml: no cassette was removed: the session ended early"]
    assert cassettes(pruned) == EVERYTHING


@pytest.mark.parametrize("left_out", ["water", "full"])
def test_what_a_conftest_leaves_out_is_not_taken_for_gone(pruned: Example, left_out: str) -> None:
    pruned.suite(f"{SUITE}matrix:\n  fast: {{}}\n  full: {{max_turns: 1}}\n")
    pruned.run("--pare-config", "pare.yaml", *RECORD)
    before = cassettes(pruned)
    pruned.write(
        "conftest.py",
        f"""
        def pytest_collection_modifyitems(items):
            items[:] = [item for item in items if {left_out!r} not in item.nodeid]
        """,
    )
    session = prune(pruned)
    assert "partial session (a plugin or a conftest.py): 2 of 4 runs selected" in session.verdict
    reason = "the session runs only a part of the suite (a plugin or a conftest.py)"
    assert prune_lines(session) == [f"pare.yaml: no cassette was removed: {reason}"]
    assert cassettes(pruned) == before


@pytest.mark.parametrize("params", ['["fast", "full"]', '["fast"]'])
def test_variants_of_fixtures_are_not_known_to_be_all(pruned: Example, params: str) -> None:
    pruned.write(
        "conftest.py",
        f"""
        import pytest

        @pytest.fixture(params={params}, autouse=True)
        def speed(request):
            return request.param
        """,
    )
    pruned.run("--pare-config", "pare.yaml", *RECORD)
    before = cassettes(pruned)
    reason = "perhaps not every run of the suite was selected"
    assert prune_lines(prune(pruned)) == [f"pare.yaml: no cassette was removed: {reason}"]
    assert cassettes(pruned) == before


def test_a_module_that_is_broken_keeps_everything(pruned: Example) -> None:
    pruned.write("scenarios/broken.py", "import nothing_of_that_name\n")
    session = prune(pruned, "--continue-on-collection-errors")
    reason = "not every module of the library could be imported"
    assert prune_lines(session) == [f"pare.yaml: no cassette was removed: {reason}"]
    assert cassettes(pruned) == EVERYTHING


def test_suites_of_one_name_are_distinguished(project: Example) -> None:
    for name, scenario in (("a", "plants"), ("b", "water")):
        project.suite(
            f"{SUITE.replace('{}', '{dir: ../cassettes}')}scenarios: {{include: [{scenario}]}}\n", f"{name}/pare.yaml"
        )
        assert project.run("--pare-config", f"{name}/pare.yaml", *RECORD).outcomes() == {"passed": 1}
    session = project.run("--pare-config", "a/pare.yaml", "--pare-prune-cassettes")
    assert prune_lines(session) == ["a/pare.yaml: every cassette is used"]
    project.suite(f"{SUITE.replace('{}', '{dir: ../cassettes}')}scenarios: {{include: [water]}}\n", "a/pare.yaml")
    session = project.run("--pare-config", "a/pare.yaml", "--pare-prune-cassettes")
    assert prune_lines(session)[1:] == [f"  removed {project.path}/cassettes/plants.jsonl"]
    assert cassettes(project) == ["water.jsonl"]


@pytest.mark.parametrize("directory", ["cassettes", "."])
def test_a_recording_that_has_but_the_name_of_its_suite_is_replayed_and_kept(
    project: Example, service: Service, directory: str
) -> None:
    # As earlier versions wrote it.
    project.suite(SUITE.replace("{}", f"{{dir: {directory}}}"))
    project.run("--pare-config", "pare.yaml", *RECORD)
    for name in ("water", "plants"):
        path = project.path / directory / f"{name}.jsonl"
        first, _, rest = path.read_text().partition("\n")
        header = {**json.loads(first), "suite": "pare.yaml"}
        path.write_text(f"{json.dumps(header)}\n{rest}")
        (path.with_name(f"gone_{name}.jsonl")).write_text(path.read_text())
    service.asked = 0
    session = prune(project)
    assert (session.outcomes(), service.asked) == ({"passed": 2}, 0)
    assert prune_lines(session) == ["pare.yaml: every cassette is used"]
    assert (project.path / directory / "gone_water.jsonl").exists()


def test_a_file_that_cannot_be_removed_is_reported(pruned: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(1, "Operation not permitted", str(path))

    from pathlib import Path as RealPath

    unlink = RealPath.unlink
    monkeypatch.setattr(
        RealPath, "unlink", lambda path, missing_ok=False: (refuse if "gone" in path.name else unlink)(path, missing_ok)
    )
    assert any("cannot remove" in line and "Operation not permitted" in line for line in prune(pruned).summary)


def test_the_flag_needs_a_suite(project: Example) -> None:
    project.write("test_own.py", "def test_nothing(): pass\n")
    session = project.run("--pare-prune-cassettes", "test_own.py")
    assert session.code == 4
    assert "--pare-prune-cassettes changes a suite, and there is none" in session.err
