"""A matrix and a sweep in a session: node ids, fixtures, the report, and what is counted."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.plugin.conftest import Example, Session

SUITE = ("--pare-config", "pare.yaml")
MATRIX = "matrix: {short: {max_turns: 2}, long: {max_turns: 4}}"
SWEEP = "sweep: {runner.max_turns: [3, 1]}"


@pytest.fixture
def garden(example: Example) -> Example:
    return example.scenario("water").scenario("weed", "fail").suite(f"{{{MATRIX}}}")


def report(example: Example, *args: str) -> dict[str, Any]:
    """Run the suite and return its JSON report."""
    example.run(*SUITE, "--pare-set", "reports.json=out.json", *args)
    read: dict[str, Any] = json.loads((example.path / "out.json").read_text())
    return read


def printed(session: Session) -> list[str]:
    return [line.rpartition("seen ")[2] for line in session.result.outlines if "seen " in line]


def tell(example: Example, what: str, *fixtures: str) -> Example:
    """Let each item print something of its fixtures."""
    text = (
        f"import pytest\n\n@pytest.fixture(autouse=True)\ndef tell({', '.join(fixtures)}):\n    print('seen', {what})\n"
    )
    return example.write("conftest.py", text)


# -- node ids


def test_each_variant_is_an_item(garden: Example) -> None:
    assert garden.collected(*SUITE) == [
        "pare.yaml::water[short]",
        "pare.yaml::water[long]",
        "pare.yaml::weed[short]",
        "pare.yaml::weed[long]",
    ]
    assert garden.collected(*SUITE, "--pare-runs=2", "-k", "weed") == [
        "pare.yaml::weed[short-run1]",
        "pare.yaml::weed[short-run2]",
        "pare.yaml::weed[long-run1]",
        "pare.yaml::weed[long-run2]",
    ]


def test_levels_come_in_ascending_order_and_after_the_matrix(garden: Example) -> None:
    garden.suite(f"{{scenarios: {{include: [weed]}}, {SWEEP}}}")
    assert garden.collected(*SUITE) == ["pare.yaml::weed[max_turns_1]", "pare.yaml::weed[max_turns_3]"]
    garden.suite(f"{{scenarios: {{include: [weed]}}, {MATRIX}}}")
    assert garden.collected(*SUITE, "--pare-sweep=noise.tool_slow.rate=0.5,0") == [
        "pare.yaml::weed[short-tool_slow.rate_0]",
        "pare.yaml::weed[short-tool_slow.rate_0.5]",
        "pare.yaml::weed[long-tool_slow.rate_0]",
        "pare.yaml::weed[long-tool_slow.rate_0.5]",
    ]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (["pare.yaml::weed[long-tool_slow.rate_0.5]"], ["weed[long-tool_slow.rate_0.5]"]),
        (["pare.yaml::weed", "-k", "rate_0.5"], ["weed[short-tool_slow.rate_0.5]", "weed[long-tool_slow.rate_0.5]"]),
        ([*SUITE, "-k", "water and long-tool_slow.rate_0.5"], ["water[long-tool_slow.rate_0.5]"]),
        ([*SUITE, "-k", "weed and not rate_0.5 and not short"], ["weed[long-tool_slow.rate_0]"]),
    ],
)  # fmt: skip
def test_selecting_variants(garden: Example, selection: list[str], expected: list[str]) -> None:
    garden.suite(f"{{{MATRIX}, sweep: {{noise.tool_slow.rate: [0, 0.5]}}}}")
    assert garden.collected(*selection) == [f"pare.yaml::{name}" for name in expected]


def test_what_failed_last_is_run_again_in_its_variant(garden: Example) -> None:
    garden.scenario(
        "weed", "return ScenarioValidationResult(success=os.environ.get('PYTEST_CURRENT_TEST', '').count('[long') == 1)"
    )
    assert garden.run(*SUITE).outcomes() == {"passed": 3, "failed": 1}
    session = garden.run(*SUITE, "--lf")
    assert session.outcomes() == {"failed": 1, "deselected": 3}
    assert session.open_runs == ["FAILED     weed[short]: no rationale"]
    assert session.verdict[-1] == "partial session (--lf): 1 of 4 runs selected"


def test_a_users_own_parameters_come_first_and_the_run_number_last(garden: Example) -> None:
    garden.write(
        "conftest.py",
        """
        import pytest

        @pytest.fixture(autouse=True, params=["clay", "sand"])
        def soil(request):
            return request.param
        """,
    )
    assert garden.collected("pare.yaml::weed", "--pare-runs=2") == [
        f"pare.yaml::weed[{soil}-{variant}-run{run}]"
        for soil in ("clay", "sand")
        for variant in ("short", "long")
        for run in (1, 2)
    ]
    entries = report(garden)["per_config_results"]
    assert [(one["variant"], one["total_turns"]) for one in entries] == [
        ("clay-short", 4),
        ("clay-long", 8),
        ("sand-short", 4),
        ("sand-long", 8),
    ]


# -- fixtures


def test_every_fixture_follows_the_variant(garden: Example) -> None:
    garden.write("noise.json", json.dumps({"apps": []}))
    garden.suite(
        """
        scenarios: {include: [weed]}
        noise: {data: noise.json}
        matrix:
          one: {agent_type: eager}
          other:
            env_events_config: {num_env_events_per_minute: 6}
            user_engine_config: {model_name: parrot, provider: oracle}
            noise: {user_busy: {rate: 0.2}}
        """
    )
    what = (
        "pare_variant.name, pare_config.runner.agent_type, env_events_config and 6, user_engine_config.model_name, "
        "noise_config.user_busy.rate, pare_runner_config.noise.user_busy.rate, pare_runner_config.noise.data"
    )
    fixtures = ("pare_variant", "pare_config", "env_events_config", "user_engine_config", "noise_config")
    assert printed(tell(garden, what, *fixtures, "pare_runner_config").run(*SUITE, "-s")) == [
        f"one eager None oracle 0.0 0.0 {garden.path}/noise.json",
        f"other observe-execute 6 parrot 0.2 0.2 {garden.path}/noise.json",
    ]


def test_the_level_is_known(garden: Example) -> None:
    garden.suite(f"{{scenarios: {{include: [weed]}}, {SWEEP}}}")
    tell(garden, "pare_variant.level, pare_config.runner.max_turns", "pare_variant", "pare_config")
    assert printed(garden.run(*SUITE, "-s")) == ["('runner.max_turns', 1.0) 1", "('runner.max_turns', 3.0) 3"]


def test_noise_can_be_overridden_and_its_data_belongs_to_the_suite(garden: Example) -> None:
    garden.suite("{scenarios: {paths: [../scenarios], include: [weed]}, noise: {data: noise.json}}", "suites/pare.yaml")
    garden.write(
        "conftest.py",
        """
        import pytest
        from pytest_pare.simulation import runner

        @pytest.fixture
        def noise_config(noise_config):
            return noise_config.model_copy(update={"schedule": "pare"})

        @pytest.fixture(autouse=True)
        def tell(monkeypatch):
            play = runner.run_scenario

            def watched(scenario, config, *args, **kwargs):
                print("seen", config.noise.data, config.noise.schedule)
                return play(scenario, config, *args, **kwargs)

            monkeypatch.setattr(runner, "run_scenario", watched)
        """,
    )
    data = garden.path / "suites/noise.json"
    garden.write("suites/noise.json", json.dumps({"apps": []}))
    assert printed(garden.run("suites/pare.yaml", "-s")) == [f"{data} pare"]
    garden.write("test_shed.py", "def test_shed(pare): pare.run('weed', noise={'data': 'other.json'})")
    assert printed(garden.run("--pare-config=suites/pare.yaml", "test_shed.py", "-s", "-k", "shed")) == [
        f"{data.with_name('other.json')} default"
    ]


@pytest.mark.parametrize(
    ("suite", "expected"),
    [(MATRIX, "10 ''"), ("matrix: {only: {max_turns: 3}}", "3 'only'"), (SWEEP, "10 ''"), ("runs: 1", "10 ''")],
)
def test_a_test_of_the_users_own_has_the_only_variant_or_none(garden: Example, suite: str, expected: str) -> None:
    garden.suite(f"{{{suite}}}").write(
        "test_shed.py",
        """
        def test_shed(pare, pare_config, pare_variant):
            print("seen", pare_config.runner.max_turns, repr(pare_variant.name))
            turns = pare.run("weed").result.number_of_turns
            assert turns == min(5, pare_config.runner.max_turns)
        """,
    )
    session = garden.run(*SUITE, "test_shed.py", "-s", "-k", "shed")
    assert session.outcomes()["passed"] == 1
    assert printed(session) == [expected]


def test_an_agent_of_a_fixture_does_not_stand_in_for_that_of_a_variant(garden: Example) -> None:
    garden.suite("{scenarios: {include: [water]}, matrix: {own: {}, bold: {agent_type: eager}}}")
    garden.write(
        "conftest.py", "import pytest\n\n@pytest.fixture\ndef proactive_agent():\n    return lambda turn: None\n"
    )
    session = garden.run(*SUITE)
    assert session.outcomes() == {"passed": 1, "failed": 1}
    assert (
        "variant bold sets runner.agent_type = eager, and the fixture proactive_agent returns another agent, which "
        "takes precedence; leave one out (--noconftest leaves out each conftest.py)"
    ) in session.result.outlines
    assert session.has_no_traceback_of_ours()


# -- the report


def test_each_variant_has_a_group(garden: Example) -> None:
    garden.suite(f"{{{MATRIX}, runs: 2, reports: {{parquet: rows.parquet}}}}")
    session = garden.run(*SUITE)
    headers = [line for line in session.summary if "user=" in line]
    assert headers == [
        "variant short: user=oracle, proactive=observe-execute_oracle_oracle,",
        "variant long: user=oracle, proactive=observe-execute_oracle_oracle,",
    ]
    assert all(len(line) <= 80 for line in session.summary)
    assert session.open_runs == [
        "FAILED     weed[short], 2 of 2 runs: the plants are dry",
        "FAILED     weed[long], 2 of 2 runs: the plants are dry",
    ]
    assert session.verdict[0] == "gate FAIL: 4 of 8 runs succeeded (50.0 %), every run must succeed (no rate set):"
    import polars as pl

    rows = pl.read_parquet(garden.path / "rows.parquet")
    assert rows.group_by("variant", maintain_order=True).agg(pl.col("number_of_turns").max()).rows() == [
        ("short", 2),
        ("long", 4),
    ]
    entries = report(garden)["per_config_results"]
    assert [list(one)[:2] for one in entries] == [["variant", "user_model"]] * 2
    assert [(one["variant"], one["total_runs"], one["k"], one["total_turns"]) for one in entries] == [
        ("short", 4, 2, 8),
        ("long", 4, 2, 16),
    ]


def test_a_suite_without_variants_has_no_word_of_them(garden: Example) -> None:
    garden.suite("scenarios: {include: [water]}")
    (entry,) = report(garden)["per_config_results"]
    assert {"variant", "fault_rates"}.isdisjoint(entry)
    session = garden.run(*SUITE)
    assert "variant" not in "\n".join([*session.summary, *session.header])


def test_faults_are_reported_with_their_rates(garden: Example) -> None:
    garden.suite(
        """
        scenarios: {include: [water]}
        noise: {tool_failure_probability: 0.1, tool_slow: {rate: 0.25}}
        matrix: {calm: {noise: {tool_slow: {rate: 0}}}, busy: {noise: {user_busy: {rate: 1}}}}
        """
    )
    summary = " ".join(line.strip() for line in garden.run(*SUITE).summary)
    assert re.findall(r"(variant \w+:).*?(tool_fail.*?) Metadata", summary) == [
        ("variant calm:", "tool_fail=0.1, env_events=0"),
        ("variant busy:", "tool_fail=0.1, env_events=0, faults: tool_slow 0.25, user_busy 1"),
    ]
    assert [one["fault_rates"] for one in report(garden)["per_config_results"]] == ["", "tool_slow 0.25, user_busy 1"]


def test_levels_are_sorted_as_numbers(garden: Example) -> None:
    entries = report(garden.suite("sweep: {runner.max_turns: [10, 2]}"))["per_config_results"]
    assert [one["variant"] for one in entries] == ["max_turns_2", "max_turns_10"]


def test_a_variant_whose_first_run_has_no_result_keeps_its_place(garden: Example) -> None:
    garden.write(
        "conftest.py",
        """
        import pytest

        @pytest.fixture(autouse=True)
        def tap(request):
            assert request.node.name != "water[short]"
        """,
    )
    entries = report(garden)["per_config_results"]
    assert [(one["variant"], one["total_runs"]) for one in entries] == [("short", 1), ("long", 2)]


# -- the header, and what is counted


@pytest.mark.parametrize(
    ("suite", "header"),
    [
        (MATRIX, ["4 runs planned (2 x 2 variants x 1), agent: reference steps"]),
        (f"{MATRIX}, {SWEEP}, runs: 3", ["24 runs planned (2 x 4 variants x 3), agent: reference steps"]),
        ("matrix: {one: {}}", ["2 runs planned (2 x 1 variant x 1), agent: reference steps"]),
        (
            "matrix: {a: {agent_type: eager}, b: {agent_type: eager}}",
            ["4 runs planned (2 x 2 variants x 1), agent: eager"],
        ),
        (
            "matrix: {a: {agent_type: eager}, b: {}, c: {oracle: true}, d: {agent_type: eager}}",
            [
                "8 runs planned (2 x 4 variants x 1)",
                "agent: eager",
                "agent: reference steps",
                "oracle mode: no agent tested",
            ],
        ),
    ],
)  # fmt: skip
def test_the_header_tells_variants_and_who_is_tested(garden: Example, suite: str, header: list[str]) -> None:
    session = garden.suite(f"{{{suite}}}").run(*SUITE, "--collect-only")
    assert session.header == [f"pare.yaml, {line}" for line in header]


def test_the_header_promises_no_number_that_nobody_knows(garden: Example) -> None:
    garden.write(
        "scenarios/weed.py",
        "from pytest_pare.scenarios import PAREScenario, register_scenario\n"
        "for name in ('weed', 'weed_more'):\n"
        "    register_scenario(name)(type(name, (PAREScenario,), {}))\n",
    )
    garden.suite(f"{{{MATRIX}, runs: 3, scenarios: {{include: [weed]}}}}")
    assert garden.run(*SUITE).header == [
        "pare.yaml, 6 runs of each scenario planned (2 variants x 3), agent: reference steps"
    ]


def test_a_sweep_on_the_command_line_is_in_the_header(garden: Example) -> None:
    session = garden.run(*SUITE, "--pare-sweep", "runner.max_turns=3, 1", "--collect-only")
    assert session.header == [
        "pare.yaml, 8 runs planned (2 x 4 variants x 1), agent: reference steps",
        "sweep = {'runner.max_turns': [3, 1]} (from --pare-sweep)",
    ]


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (["-k", "short"], "partial session (-k short): 2 of 4 runs selected"),
        (["--pare-limit=1"], "partial session (limit 1): 2 of 4 runs selected"),
        (["pare.yaml::weed[short]"], "partial session (node ids): 1 of 4 runs selected"),
        (["-k", "short or long"], None),
    ],
)
def test_a_session_without_a_variant_is_partial(garden: Example, flags: list[str], line: str | None) -> None:
    session = garden.run(*SUITE, *flags)
    assert [shown for shown in session.verdict if "partial" in shown] == ([] if line is None else [line])


# -- what is wrong


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--pare-sweep=noise.tool_slow.rate"],
            "--pare-sweep: must be KEY=L1,L2,..., such as noise.tool_failure_probability=0,0.2, "
            'got "noise.tool_slow.rate"',
        ),
        (["--pare-sweep=runner.max_turns=1"], "--pare-sweep: sweep.runner.max_turns: must have at least two levels"),
        (
            ["--pare-sweep=runner.max_turns=1,2", "--pare-sweep=runner.max_tool_calls=1,2"],
            "--pare-sweep: sweep.runner.max_tool_calls: a sweep has one key, and runner.max_turns is there already",
        ),
        (
            ["--pare-set=matrix={a: {max_turn: 3}}"],
            "--pare-set: matrix.a.max_turn: unknown key; did you mean max_turns?",
        ),
        (["--pare-set=runner.noise.data=x"], "--pare-set: runner.noise: unknown key; did you mean noise?"),
    ],
)
def test_what_is_wrong_is_a_usage_error(garden: Example, flags: list[str], message: str) -> None:
    session = garden.run(*SUITE, *flags)
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert session.err == f"ERROR: {message}\n"


def test_a_sweep_without_a_suite(example: Example) -> None:
    example.write("test_shed.py", "def test_shed(): pass")
    session = example.run("test_shed.py", "--pare-sweep=runner.max_turns=1,2")
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert "--pare-sweep changes a suite, and there is none; add --pare-config FILE" in session.err


# -- workers


def test_a_run_has_the_cell_that_it_was_played_in(garden: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    """The node id `weed[fast-model]` does not tell the cell `fast-model` from `model` with a parameter `fast`."""
    from pytest_pare.plugin.result_collector import ResultCollector

    garden.write(
        "conftest.py",
        """
        import pytest

        @pytest.fixture(autouse=True, params=["fast"])
        def speed(request): pass
        """,
    )
    garden.suite("{scenarios: {include: [weed]}, matrix: {model: {}, fast-model: {}}}")
    tallies: list[ResultCollector] = []
    # A hook must be a function.
    monkeypatch.setattr(ResultCollector, "pytest_unconfigure", lambda collector: tallies.append(collector))  # noqa: PLW0108
    for flags in (["-n2"], ["-n0"]):
        garden.run(*SUITE, *flags)
        (suite,) = tallies.pop().suites.values()
        runs = {nodeid: suite.run_id(nodeid) for nodeid in suite.outcomes}
        assert {nodeid: (run.parameters, run.cell) for nodeid, run in runs.items()} == {
            "pare.yaml::weed[fast-model]": ("fast", "model"),
            "pare.yaml::weed[fast-fast-model]": ("fast", "fast-model"),
        }


def test_workers_change_nothing(garden: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_pare.plugin.result_collector import ResultCollector

    garden.suite(f"{{{MATRIX}, sweep: {{noise.tool_slow.rate: [0.5, 0]}}, reports: {{json: out.json}}}}")
    tallies: list[ResultCollector] = []
    finish: Callable[..., None] = ResultCollector.pytest_unconfigure

    def watched(collector: ResultCollector) -> None:
        tallies.append(collector)
        finish(collector)

    monkeypatch.setattr(ResultCollector, "pytest_unconfigure", watched)
    found = []
    for flags in (["-n2"], ["-n0"]):
        session = garden.run(*SUITE, *flags)
        entries = json.loads((garden.path / "out.json").read_text())["per_config_results"]
        (suite,) = tallies.pop().suites.values()
        found.append(
            (
                [{key: value for key, value in one.items() if "duration" not in key} for one in entries],
                [line for line in session.summary if "duration" not in line],
                session.header,
                {nodeid: suite.run_id(nodeid).level for nodeid in suite.outcomes},
            )
        )
    assert found[0] == found[1]
    assert found[0][3] == {
        f"pare.yaml::{name}[{turns}-tool_slow.rate_{level:g}]": ("noise.tool_slow.rate", level)
        for name in ("water", "weed")
        for turns in ("short", "long")
        for level in (0.0, 0.5)
    }
