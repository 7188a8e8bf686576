"""Which suite files take part in a session, and what pytest collects beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_pare.base.project import is_suite_file

if TYPE_CHECKING:
    from tests.plugin.conftest import Example


@pytest.fixture
def project(example: Example) -> Example:
    """Two scenarios, a suite, and an ordinary test in `tests/`."""
    example.scenario("water").scenario("weed")
    return example.write("tests/test_shed.py", "def test_shed(): pass")


@pytest.mark.parametrize(
    ("arg", "expected"),
    [
        ("pare.yaml", True),
        ("smoke.pare.yaml", True),
        ("a/b/pare.yaml::water[run2]", True),
        (".pare.yaml", True),
        ("compare.yaml", False),
        ("pare.yaml/x", False),
        ("pare.yml", False),
        ("tests", False),
        ("", False),
    ],
)
def test_suite_files_are_known_by_their_name(arg: str, expected: bool) -> None:
    assert is_suite_file(arg) is expected


# -- --pare-config


def test_a_flag_alone_collects_nothing_but_its_suite(project: Example) -> None:
    assert project.collected("--pare-config", "pare.yaml") == ["pare.yaml::water", "pare.yaml::weed"]


def test_a_flag_replaces_testpaths(project: Example) -> None:
    project.pytester.makeini("[pytest]\ntestpaths = tests")
    assert project.collected("--pare-config", "pare.yaml") == ["pare.yaml::water", "pare.yaml::weed"]


def test_a_flag_can_be_repeated(project: Example) -> None:
    project.suite("scenarios: {include: [w*d]}", "suites/weeds.pare.yaml")
    ids = project.collected("--pare-config", "suites/weeds.pare.yaml", "--pare-config=pare.yaml")
    assert ids == ["suites/weeds.pare.yaml::weed", "pare.yaml::water", "pare.yaml::weed"]


def test_a_flag_that_is_given_twice_counts_once(project: Example) -> None:
    ids = project.collected("--pare-config", "pare.yaml", "--pare-config", "./tests/../pare.yaml")
    assert ids == ["pare.yaml::water", "pare.yaml::weed"]


def test_a_flag_takes_any_file_name(project: Example) -> None:
    project.suite("", "garden.txt")
    assert project.collected("--pare-config", "garden.txt") == ["garden.txt::water", "garden.txt::weed"]


def test_a_path_beside_a_flag_adds_to_it(project: Example) -> None:
    ids = project.collected("tests", "--pare-config", "pare.yaml")
    assert ids == ["tests/test_shed.py::test_shed", "pare.yaml::water", "pare.yaml::weed"]


def test_a_path_that_holds_the_flags_suite_does_not_collect_it_twice(project: Example) -> None:
    project.suite("", "tests/pare.yaml")
    ids = project.collected("tests", "--pare-config", "tests/pare.yaml")
    assert sorted(ids) == ["tests/pare.yaml::water", "tests/pare.yaml::weed", "tests/test_shed.py::test_shed"]


def test_a_node_id_narrows_the_suite_of_a_flag(project: Example) -> None:
    assert project.collected("pare.yaml::weed", "--pare-config", "pare.yaml") == ["pare.yaml::weed"]


# -- a path


def test_a_suite_can_be_named_as_a_path(project: Example) -> None:
    project.suite("", "smoke.pare.yaml")
    assert project.collected("pare.yaml") == ["pare.yaml::water", "pare.yaml::weed"]
    assert project.collected("smoke.pare.yaml::weed", "tests") == [
        "smoke.pare.yaml::weed",
        "tests/test_shed.py::test_shed",
    ]


def test_a_suite_can_be_named_from_a_subdirectory(project: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.path / "tests")
    assert project.collected("../pare.yaml::weed") == ["pare.yaml::weed"]
    assert project.collected("--pare-config", "../pare.yaml") == ["pare.yaml::water", "pare.yaml::weed"]


def test_a_suite_that_nobody_names_is_not_collected(project: Example) -> None:
    assert project.collected() == ["tests/test_shed.py::test_shed"]
    assert project.collected(".") == ["tests/test_shed.py::test_shed"]


def test_a_node_id_names_one_run(project: Example) -> None:
    project.suite("runs: 3")
    assert project.collected("pare.yaml::weed[run2]") == ["pare.yaml::weed[run2]"]
    assert project.collected("pare.yaml::weed") == [f"pare.yaml::weed[run{n}]" for n in (1, 2, 3)]


def test_links_keep_the_name_that_was_typed(project: Example) -> None:
    (project.path / "link.pare.yaml").symlink_to("pare.yaml")
    assert project.collected("link.pare.yaml") == ["link.pare.yaml::water", "link.pare.yaml::weed"]
    assert project.collected("--pare-config=link.pare.yaml") == ["link.pare.yaml::water", "link.pare.yaml::weed"]


# -- the ini value


@pytest.fixture
def configured(project: Example) -> Example:
    project.pytester.makeini("[pytest]\npare_config = pare.yaml\ntestpaths = tests")
    return project


def test_the_ini_value_takes_part_beside_what_pytest_collects_anyway(configured: Example) -> None:
    everything = ["tests/test_shed.py::test_shed", "pare.yaml::water", "pare.yaml::weed"]
    assert configured.collected() == everything
    configured.pytester.makeini("[pytest]\npare_config = pare.yaml")
    assert sorted(configured.collected()) == sorted(everything)


def test_a_path_narrows_the_ini_value_out(configured: Example) -> None:
    assert configured.collected("tests") == ["tests/test_shed.py::test_shed"]
    assert configured.collected("tests/test_shed.py::test_shed") == ["tests/test_shed.py::test_shed"]


def test_flags_do_not_disturb_a_session_that_the_ini_values_suite_is_narrowed_out_of(configured: Example) -> None:
    assert configured.collected("tests", "--pare-runs=3") == ["tests/test_shed.py::test_shed"]


def test_a_path_that_leads_to_the_ini_values_suite_runs_it(configured: Example) -> None:
    assert configured.collected("pare.yaml") == ["pare.yaml::water", "pare.yaml::weed"]
    assert configured.collected("pare.yaml::weed") == ["pare.yaml::weed"]
    assert "pare.yaml::weed" in configured.collected(".")


def test_outside_the_rootdir_the_ini_value_is_no_default(configured: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(configured.path / "tests")
    assert configured.collected() == ["tests/test_shed.py::test_shed"]


def test_a_flag_replaces_the_ini_value(configured: Example) -> None:
    configured.suite("scenarios: {include: [weed]}", "weeds.yaml")
    assert configured.collected("--pare-config", "weeds.yaml") == ["weeds.yaml::weed"]


def test_the_ini_value_can_be_set_on_the_command_line(project: Example) -> None:
    project.pytester.makeini("[pytest]\ntestpaths = tests")
    assert "pare.yaml::weed" in project.collected("-o", "pare_config=pare.yaml")


# -- what is refused


def test_a_missing_file(example: Example) -> None:
    session = example.run("--pare-config", "missing.yaml")
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert session.err == f"ERROR: --pare-config: there is no file {example.path}/missing.yaml\n"


def test_a_missing_file_on_the_command_line(example: Example) -> None:
    session = example.run("nowhere/pare.yaml")
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert f"command line: there is no file {example.path}/nowhere/pare.yaml" in session.err


def test_a_missing_file_of_the_ini_value(example: Example) -> None:
    example.pytester.makeini("[pytest]\npare_config = missing.yaml")
    session = example.run()
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert session.err == f"ERROR: ini value pare_config: there is no file {example.path}/missing.yaml\n"


def test_a_directory(example: Example) -> None:
    session = example.run("--pare-config", ".")
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert session.err == f"ERROR: --pare-config: {example.path} is a directory; name the suite file in it\n"


@pytest.mark.parametrize(
    "flag",
    ["--pare-runs=0", "--pare-oracle", "--pare-limit=1", "--pare-split=x", "--pare-min-success-rate=0", "--pare-set=x"],
)
def test_a_flag_that_changes_suites_where_there_is_none(example: Example, flag: str) -> None:
    session = example.run(flag, "compare.yaml")
    assert session.code == pytest.ExitCode.USAGE_ERROR
    name = flag.partition("=")[0]
    assert session.err == f"ERROR: {name} changes a suite, and there is none; add --pare-config FILE\n"


# -- outside of the project


@pytest.fixture
def nested(example: Example, monkeypatch: pytest.MonkeyPatch) -> Example:
    """A project `inner/` with settings of its own, where pytest is started; the suite is in `elsewhere/`."""
    (example.path / "tox.ini").unlink()
    example.scenario("water").suite("", "elsewhere/s.yaml").suite("", "inner/pare.yaml")
    example.write("inner/pytest.ini", "[pytest]")
    monkeypatch.chdir(example.path / "inner")
    return example


@pytest.mark.parametrize("flag", [["--pare-config", "../elsewhere/s.yaml"], ["--pare-config=../elsewhere/s.yaml"]])
def test_a_suite_outside_the_rootdir(nested: Example, flag: list[str]) -> None:
    """With a space, the path would move the rootdir up, past the project's settings."""
    session = nested.run(*flag)
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert session.err == (
        f"ERROR: --pare-config: {nested.path}/elsewhere/s.yaml lies outside the project in {nested.path}/inner, whose "
        f"settings and conftest.py would be lost; move it there, or add --rootdir={nested.path} "
        f"-c {nested.path}/inner/pytest.ini\n"
    )


def test_what_the_refusal_suggests_works(nested: Example) -> None:
    nested.suite("scenarios: {paths: [../scenarios]}", "elsewhere/s.yaml")
    args = ["--pare-config", "../elsewhere/s.yaml", f"--rootdir={nested.path}", f"-c{nested.path}/inner/pytest.ini"]
    assert nested.collected(*args) == ["elsewhere/s.yaml::water"]


def test_a_suite_beside_a_project_without_settings(nested: Example) -> None:
    (nested.path / "inner/pytest.ini").unlink()
    session = nested.run("--pare-config", "../elsewhere/s.yaml")
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert f"move it there, or add --rootdir={nested.path}\n" in session.err


@pytest.mark.parametrize("settings", ["pyproject.toml", "setup.py"])
def test_a_project_that_holds_both_is_one_project(nested: Example, settings: str) -> None:
    (nested.path / "inner/pytest.ini").unlink()
    nested.write(settings, "")
    assert nested.collected("--pare-config", "../elsewhere/s.yaml") == ["elsewhere/s.yaml::water"]


def test_settings_of_other_tools_do_not_make_a_project(nested: Example) -> None:
    (nested.path / "inner/pytest.ini").rename(nested.path / "pytest.ini")
    nested.write("inner/setup.cfg", "[flake8]").write("inner/pyproject.toml", "[tool.ruff]")
    assert nested.collected("--pare-config", "../elsewhere/s.yaml") == ["elsewhere/s.yaml::water"]


def test_settings_above_do_not_excuse_the_loss_of_the_projects_own(nested: Example) -> None:
    nested.write("pyproject.toml", "[tool.pytest.ini_options]")
    assert nested.run("--pare-config", "../elsewhere/s.yaml").code == pytest.ExitCode.USAGE_ERROR


def test_the_ini_value_cannot_lead_out_of_the_rootdir(nested: Example) -> None:
    nested.write("inner/pytest.ini", "[pytest]\npare_config = ../elsewhere/s.yaml")
    session = nested.run()
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert "ini value pare_config" in session.err
    assert f"--rootdir={nested.path}" in session.err


def test_a_path_leads_to_another_project_as_it_does_for_pytest(nested: Example) -> None:
    nested.write("elsewhere/pytest.ini", "[pytest]").scenario("rake", name="elsewhere/scenarios/rake.py")
    nested.suite("", "elsewhere/pare.yaml")
    assert nested.collected("../elsewhere/pare.yaml") == ["pare.yaml::rake"]


def test_a_split_outside_must_not_move_the_rootdir(nested: Example) -> None:
    nested.write("ids.txt", "water\n").suite("scenarios: {paths: [../scenarios]}", "inner/pare.yaml")
    assert nested.collected("--pare-config", "pare.yaml", "--pare-split", "../ids.txt") == ["pare.yaml::water"]
    nested.write("pyproject.toml", "[tool.pytest.ini_options]")
    session = nested.run("--pare-config", "pare.yaml", "--pare-split", "../ids.txt")
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert session.err == (
        f"ERROR: --pare-split: ../ids.txt lies outside the project in {nested.path}/inner, and pytest looks for its "
        "settings there; write --pare-split=../ids.txt, with an equals sign\n"
    )
    assert nested.collected("--pare-config", "pare.yaml", "--pare-split=../ids.txt") == ["pare.yaml::water"]


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="pytest 9 brought pytest.toml")
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("pare_config = 'pare.yaml'", "'pare_config' expects a list for type 'paths', got str: 'pare.yaml'"),
        ("pare_import_alias = 'true'", "'pare_import_alias' expects a bool, got str: 'true'"),
    ],
)
def test_an_ini_value_of_a_wrong_type_in_toml(example: Example, line: str, message: str) -> None:
    session = example.scenario("water").write("pytest.toml", f"[pytest]\n{line}\n").run()
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert message in session.err
    assert session.has_no_traceback_of_ours()
    assert example.write("pytest.toml", "[pytest]\npare_config = ['pare.yaml']").run().outcomes() == {"passed": 1}
