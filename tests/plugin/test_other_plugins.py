"""What other plugins see of scenarios, and what becomes of what they do with them.

`make compat` tries the plugins themselves.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Example, Session

SUITE = ("--pare-config", "pare.yaml")
PASSWORD = "correct-horse"

# What each plugin that describes a test looks at.
TELL = """
import json

def pytest_collection_finish(session):
    seen = [
        {
            "nodeid": item.nodeid,
            "path": str(item.path),
            "location": list(item.location),
            "reportinfo": [str(part) for part in item.reportinfo()],
            "params": repr(getattr(item, "callspec", None) and item.callspec.params),
            "id": getattr(item, "callspec", None) and item.callspec.id,
            "properties": repr(item.user_properties),
            "doc": item.function.__doc__,
            "all": repr([item, item.obj, vars(item.obj), item.keywords, item.listchain(), item.own_markers]),
        }
        for item in session.items
    ]
    (session.config.rootpath / "seen.json").write_text(json.dumps(seen))
"""

# What pytest-repeat does, and pytest-flakefinder.
REPEAT = """
import pytest

@pytest.fixture
def __repeat_step(request):
    return request.param

@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc):
    if metafunc.definition.get_closest_marker("repeat"):
        metafunc.fixturenames.append("__repeat_step")
        metafunc.parametrize("__repeat_step", range(2), indirect=True, ids=["1-2", "2-2"])
"""

FLAKE_FINDER = """
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc):
    metafunc.fixturenames.append("__flakefinder_" + metafunc.function.__name__)
    metafunc.parametrize("__flakefinder_" + metafunc.function.__name__, [0, 1])
"""

# What pytest-split, pytest-shard and pytest-test-groups have in common.
SHARDS = """
def pytest_addoption(parser):
    parser.addoption({count!r}, dest={dest!r}, type=int)
    parser.addoption({share!r}, type=int)

def pytest_collection_modifyitems(items):
    items[:] = items[::2]
"""


def seen_items(example: Example, *args: str) -> list[dict[str, Any]]:
    """Return what other plugins can tell of the items."""
    example.write("tell.py", TELL).pytester.syspathinsert()
    session = example.run(*SUITE, "-p", "tell", "--collect-only", *args)
    assert session.code == pytest.ExitCode.OK, session.out
    items: list[dict[str, Any]] = json.loads((example.path / "seen.json").read_text())
    return items


# -- the place of an item


@pytest.mark.parametrize(
    ("suite", "line"),
    [
        ("", 1),
        ("runs: 2", 1),
        ("# A comment.\n\nruns: 2\nscenarios:\n  include: ['*']\n", 4),
        ("{runs: 1,\n scenarios: {include: [water]}}", 2),
    ],
)
def test_path_and_line_are_of_the_suite_file(suite: str, line: int, example: Example) -> None:
    example.suite(suite, "suites/a.pare.yaml").scenario("water")
    example.write("tell.py", TELL).pytester.syspathinsert()
    example.run("suites/a.pare.yaml", "-p", "tell", "--collect-only")
    for item in json.loads((example.path / "seen.json").read_text()):
        assert item["path"] == str(example.path / "suites" / "a.pare.yaml")
        name = item["nodeid"].rpartition("::")[2]
        assert item["location"] == ["suites/a.pare.yaml", line - 1, name]
        assert item["reportinfo"] == [item["path"], str(line - 1), name]


@pytest.mark.parametrize("flags", [[], ["-n1"]])
def test_junit_names_the_suite_file_and_its_line(flags: list[str], example: Example) -> None:
    example.suite("runs: 2\nscenarios: {include: [water]}").scenario("water")
    assert example.run(*SUITE, "--junitxml=out.xml", "-o", "junit_family=xunit1", *flags).code == pytest.ExitCode.OK
    assert (example.path / "out.xml").read_text().count('file="pare.yaml" line="1"') == 2


def test_a_skip_is_reported_with_the_place_of_its_item(example: Example) -> None:
    example.suite("runs: 1\nscenarios: {include: [water]}")
    example.scenario("water", marks="@pytest.mark.skip(reason='it rains')")
    assert "SKIPPED [1] pare.yaml:2: it rains" in example.run(*SUITE, "-rs").out


def test_a_traceback_begins_in_the_scenario(example: Example) -> None:
    example.scenario("water", "raise")
    session = example.run(*SUITE)
    assert "scenarios/water.py:" in session.out
    assert session.has_no_traceback_of_ours()


# -- parameters


def test_parameters_are_names_and_numbers_that_hold_no_settings(
    example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWORD", PASSWORD)
    suite = """
        runs: 2
        live: true
        runner:
          user_engine_config: {{model_name: m, provider: local, endpoint: "http://me:{password}@127.0.0.1:1/v1"}}
        matrix: {{calm: {{max_turns: 3}}, busy: {{max_turns: 4}}}}
        gate: {{min_success_rate: {rate}}}
        """
    example.scenario("water")
    seen = []
    for password, rate in ((PASSWORD, 0.5), ("another", 0.6)):
        example.suite(suite.format(password=password, rate=rate))
        items = seen_items(example)
        assert PASSWORD not in json.dumps(items)
        seen.append([(item["nodeid"], item["id"], item["params"]) for item in items])
    assert seen[0] == seen[1]
    assert seen[0][0] == (
        "pare.yaml::water[calm-run1]",
        "calm-run1",
        "{'pare_variant': 'calm', 'pare_run_number': 1}",
    )
    assert len(seen[0]) == 4
    assert PASSWORD not in example.run(*SUITE, "--setup-plan").out


def test_the_fixture_of_the_variant_has_its_settings(example: Example) -> None:
    example.suite("matrix: {calm: {max_turns: 3}, busy: {max_turns: 4}}").scenario("water").write(
        "conftest.py",
        "import pytest\n\n@pytest.fixture(autouse=True)\ndef tell(pare_variant):\n"
        "    print('seen', pare_variant.name, pare_variant.settings.runner.max_turns)\n",
    )
    out = example.run(*SUITE, "-s").out
    assert "seen calm 3" in out
    assert "seen busy 4" in out


def test_a_test_of_ones_own_can_name_a_variant(example: Example) -> None:
    example.pytester.makeini("[pytest]\npare_config = pare.yaml")
    example.suite("matrix: {calm: {max_turns: 3}, busy: {max_turns: 4}}").scenario("water").write(
        "test_shed.py",
        """
        import pytest

        @pytest.mark.parametrize("pare_variant", ["busy", "bussy"], indirect=True)
        def test_shed(pare_variant):
            assert pare_variant.settings.runner.max_turns == 4
        """,
    )
    session = example.run("test_shed.py")
    assert session.outcomes() == {"passed": 1, "errors": 1}
    assert "fixture pare_variant: pare.yaml has no variant 'bussy'; did you mean 'busy'?" in session.out
    assert session.has_no_traceback_of_ours()


def test_a_description_is_a_docstring_and_no_signature(example: Example) -> None:
    example.scenario("water").scenario("weed", methods="'''Weeds grow.'''\n__doc__ = 'Weeds grow.'")
    assert [item["doc"] for item in seen_items(example)] == [None, "Weeds grow."]


# -- repetitions


@pytest.mark.parametrize("plugin", [REPEAT, FLAKE_FINDER], ids=["mark", "all"])
@pytest.mark.parametrize("suite", ["", "runs: 2", "matrix: {calm: {max_turns: 3}}"])
def test_repetitions_by_a_plugin_are_refused(plugin: str, suite: str, example: Example) -> None:
    example.pytester.makeini("[pytest]\nmarkers = repeat")
    example.suite(suite).scenario("water", marks="@pytest.mark.repeat(2)").write("conftest.py", plugin)
    session = example.run(*SUITE)
    assert session.code == pytest.ExitCode.INTERRUPTED
    assert "a plugin or a mark repeats this scenario" in session.out
    assert "set runs: N in the suite, or --pare-runs N" in session.out
    assert session.has_no_traceback_of_ours()


def test_other_tests_may_be_repeated(example: Example) -> None:
    example.pytester.makeini("[pytest]\nmarkers = repeat\npare_config = pare.yaml")
    example.suite("runs: 2").scenario("water").write("conftest.py", REPEAT)
    example.write("test_shed.py", "import pytest\n\n@pytest.mark.repeat(2)\ndef test_shed(): pass\n")
    session = example.run()
    assert session.outcomes() == {"passed": 4}
    assert session.verdict[0].startswith("gate PASS: 2 of 2 runs succeeded")


# -- shares


def share(example: Example, count: str, share: str, shares: int, *flags: str) -> Session:
    dest = count.strip("-") if count == "--test-group-count" else count.strip("-").replace("-", "_")
    example.write("conftest.py", SHARDS.format(count=count, dest=dest, share=share))
    return example.run(*SUITE, count, str(shares), share, "1", *flags)


@pytest.mark.parametrize(
    ("count", "one"),
    [("--splits", "--group"), ("--num-shards", "--shard-id"), ("--test-group-count", "--test-group")],
)
def test_a_share_is_a_partial_session(count: str, one: str, example: Example) -> None:
    example.suite("{runs: 2, reports: {json: out.json}}").scenario("water").scenario("weed")
    session = share(example, count, one, 2)
    assert f"partial session ({count} 2 {one} 1): 2 of 4 runs selected" in session.verdict
    verdict = json.loads((example.path / "out.json").read_text())["gate"]
    assert (verdict["partial"], verdict["deselected"]) == ([f"{count} 2 {one} 1"], 2)


def test_a_share_is_partial_where_the_number_of_runs_is_not_known(example: Example) -> None:
    example.scenario("water").scenario("weed").write("agents/conftest.py", "").write(
        "params.py", "import pytest\n\n@pytest.fixture(params=['a', 'b'], autouse=True)\ndef x(request): pass\n"
    )
    example.pytester.syspathinsert()
    session = share(example, "--splits", "--group", 2, "-p", "params")
    assert session.verdict[-1] == "partial session (--splits 2 --group 1)"


def test_one_share_is_the_whole(example: Example) -> None:
    example.scenario("water")
    assert not any("partial" in line for line in share(example, "--splits", "--group", 1).verdict)
