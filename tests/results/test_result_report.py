"""The report: what the text looks like, and the shape of the JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_pare.results.details import detail_lines, details_to_dict
from pytest_pare.results.files import write_json, write_parquet
from pytest_pare.results.multi_result import PAREMultiScenarioValidationResult
from pytest_pare.results.report import generate_json_stats_report, generate_validation_report
from pytest_pare.results.robustness import Point, robustness_curves
from pytest_pare.results.schema import RESULT_SCHEMA
from pytest_pare.results.statistics import (
    calculate_statistics,
    combine_results_to_dataframe,
    combine_variants,
)
from pytest_pare.results.suite_report import SuiteReport
from pytest_pare.results.validation_result import PAREScenarioValidationResult
from pytest_pare.scenarios.config import (
    EnvEventsConfig,
    MultiScenarioRunnerConfig,
    NoiseConfig,
    ToolAugmentationConfig,
)
from pytest_pare.scenarios.noise_config import Fault

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = MultiScenarioRunnerConfig.model_validate({})
NOISY = MultiScenarioRunnerConfig.model_validate(
    {
        "tool_augmentation_config": ToolAugmentationConfig(tool_failure_probability=0.1),
        "env_events_config": EnvEventsConfig(num_env_events_per_minute=4),
    }
)
EMPTY = pl.DataFrame(schema=RESULT_SCHEMA)

Run = tuple[str, int | None, PAREScenarioValidationResult]


def table(*runs: Run, of: MultiScenarioRunnerConfig = CONFIG, duration: float = 0) -> pl.DataFrame:
    collected = PAREMultiScenarioValidationResult(of, duration=duration)
    for scenario_id, run_number, result in runs:
        collected.add_result(result, scenario_id, run_number)
    return collected.to_polars()


def run(success: bool | None, **figures: Any) -> PAREScenarioValidationResult:
    return PAREScenarioValidationResult(success, **figures)


def example(seconds: float = 1, job: float = 12.34) -> pl.DataFrame:
    asked = {"proposal_count": 2, "acceptance_count": 1, "number_of_turns": 5, "read_only_actions": 7}
    return table(
        ("a", 1, run(True, duration=1.5 * seconds, **asked)),
        ("b", 1, run(False, duration=2.5 * seconds, proposal_count=1, number_of_turns=3, write_actions=2)),
        ("a", 2, run(True, proposal_count=4, acceptance_count=4, number_of_turns=4, write_actions=1)),
        ("b", 2, run(None, exception=ValueError("x"))),
        ("c", 1, run(None)),
        of=NOISY,
        duration=job,
    )


def line_of(text: str, label: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith(f"    {label} ")]
    return line.removeprefix(f"    {label}").strip()


def test_the_whole_text() -> None:
    text = generate_validation_report(
        example(),
        "ablation",
        {"StatefulMessagingApp": 0.5, "StatefulEmailApp": 1.0},
        timestamp="2026-01-02T03:04:05+00:00",
        heading="reference check, no agent tested",
    )
    assert text == (
        """\
PARE validation report
reference check, no agent tested

Split: ablation
Weights: StatefulEmailApp 1.0, StatefulMessagingApp 0.5
Time: 2026-01-02T03:04:05+00:00

user=gpt-5-mini, proactive=observe-execute_gpt-5_gpt-5, tool_fail=0.1,
    env_events=4
  Metadata
    Scenarios                 3
    Runs                      5
    Succeeded                 2
    Failed                    1
    Exceptions                1 (not in the success rate)
    No validation             1 (not in the success rate)
  Metrics
    Success rate           66.7 % (95 % CI 14.8 to 95.8, std 35.4, sem 25.0)
    Pass@2                 33.3 % (95 % CI 6.1 to 79.2, 1 of 3 scenarios)
    Pass^2                 33.3 % (95 % CI 6.1 to 79.2, 1 of 3 scenarios)
    Run duration            2.0 s (std 0.7)
    Job duration           12.3 s
    Proposals                 7
    Acceptances               5
    Turns                    12
    Read-only actions         7
    Write actions             3
    Proposal rate         0.583 (95 % CI 0.000 to 2.172, std 0.442, sem 0.312)
    Acceptance rate        71.4 % (95 % CI 13.4 to 97.6, std 47.1, sem 33.3)
    Read-only per run       1.4 (95 % CI 0.0 to 6.9, std 1.6, sem 1.2)
    Writes per run          0.6 (95 % CI 0.0 to 1.7, std 0.1, sem 0.1)"""
    )


def test_the_least_text() -> None:
    text = generate_validation_report(table(("a", None, run(True)), ("b", None, run(True))))
    lines = text.splitlines()
    assert lines[:3] == ["PARE validation report", "", "Split: full"]
    assert lines[3:5] == ["", "user=gpt-5-mini, proactive=observe-execute_gpt-5_gpt-5, tool_fail=0.0,"]
    assert line_of(text, "Success rate") == "100.0 % (95 % CI 34.2 to 100.0)"
    assert line_of(text, "Pass@1") == line_of(text, "Pass^1") == "100.0 % (2 of 2 scenarios)"
    for absent in ("Exceptions", "No validation", "Weights", "Time", "std", "sem"):
        assert absent not in text


def test_a_line_for_what_was_not_judged_only_if_there_is_some() -> None:
    exception = generate_validation_report(table(("a", None, run(False, exception=ValueError("x")))))
    assert line_of(exception, "Exceptions") == "1 (not in the success rate)"
    assert line_of(exception, "Failed") == "0"
    assert "No validation" not in exception
    no_validation = generate_validation_report(table(("a", None, run(None)), ("b", None, run(None))))
    assert line_of(no_validation, "No validation") == "2 (not in the success rate)"
    assert "Exceptions" not in no_validation


def test_what_could_not_be_measured_is_not_zero() -> None:
    text = generate_validation_report(table(("a", 1, run(None)), ("a", 2, run(None))))
    for label in ("Success rate", "Run duration", "Proposal rate", "Acceptance rate"):
        assert line_of(text, label) == "n/a"
    assert line_of(text, "Pass@2") == "0.0 % (95 % CI 0.0 to 79.3, 0 of 1 scenario)"
    assert line_of(text, "Writes per run") == "0.0 (std 0.0, sem 0.0)"


def test_the_spread_of_one_sample_is_not_shown_and_that_of_equal_ones_is() -> None:
    one = generate_validation_report(table(("a", 1, run(True, duration=1.0)), ("b", 1, run(False))))
    assert line_of(one, "Success rate") == "50.0 % (95 % CI 9.5 to 90.5)"
    assert line_of(one, "Run duration") == "1.0 s"
    equal = generate_validation_report(table(("a", 1, run(True, duration=1.0)), ("a", 2, run(True, duration=1.0))))
    assert line_of(equal, "Success rate") == "100.0 % (95 % CI 20.7 to 100.0, std 0.0, sem 0.0)"
    assert line_of(equal, "Run duration") == "1.0 s (std 0.0)"


def test_reports_of_equal_results_differ_in_the_lines_of_real_time_only() -> None:
    slow, fast = (generate_validation_report(df).splitlines() for df in (example(9, 99), example()))
    differing = [one.split("  ")[2] for one, other in zip(slow, fast, strict=True) if one != other]
    assert differing == ["Run duration", "Job duration"]


def test_no_results() -> None:
    assert generate_validation_report(EMPTY, "nightly") == (
        "PARE validation report\n\nSplit: nightly\n\nNo results: there is nothing to report."
    )


def test_groups_come_in_the_order_of_the_statistics() -> None:
    runs = ("a", None, run(True))
    text = generate_validation_report(pl.concat([table(runs, of=NOISY), table(runs)]))
    headers = [line for line in text.replace(",\n   ", ",").splitlines() if line.startswith("user=")]
    assert [line.partition("gpt-5_gpt-5, ")[2] for line in headers] == [
        "tool_fail=0.0, env_events=0",
        "tool_fail=0.1, env_events=4",
    ]
    assert text.count("\n\nuser=") == 2
    assert "nothing to report" not in text


def test_a_group_is_headed_by_its_variant_and_its_faults() -> None:
    results = {}
    for variant, noise in (("quiet", NoiseConfig()), ("noisy", NoiseConfig(tool_partial=Fault(rate=0.2)))):
        results[variant] = PAREMultiScenarioValidationResult(CONFIG.model_copy(update={"noise": noise}))
        results[variant].add_result(run(True), "a")
    lines = generate_validation_report(combine_variants(results)).splitlines()
    begins = [index for index, line in enumerate(lines) if line.startswith("variant ")]
    assert [lines[index : index + 2] for index in begins] == [
        [
            "variant quiet: user=gpt-5-mini, proactive=observe-execute_gpt-5_gpt-5,",
            "    tool_fail=0.0, env_events=0",
        ],
        [
            "variant noisy: user=gpt-5-mini, proactive=observe-execute_gpt-5_gpt-5,",
            "    tool_fail=0.0, env_events=0, faults: tool_partial 0.2",
        ],
    ]


def test_many_groups_are_a_table() -> None:
    results = {}
    for variant in ("quiet", "a-variant-with-a-name-that-is-much-too-long", "broken"):
        results[variant] = PAREMultiScenarioValidationResult(CONFIG)
        results[variant].add_result(run(None, exception=ValueError("x")) if variant == "broken" else run(True), "a")
    results["quiet"].add_result(run(False), "b")
    frame = combine_variants(results)
    assert generate_validation_report(frame, most_groups=2).splitlines()[4:] == [
        "  Variant                    Runs  Failed  Not judged  Success   95 % CI  Pass^1",
        "  quiet                         2       1           0   50.0 %   9 to 91  50.0 %",
        "  a-variant-w...h-too-long      1       0           0  100.0 % 20 to 100 100.0 %",
        "  broken                        1       0           1      n/a             0.0 %",
    ]
    assert generate_validation_report(frame, most_groups=3) == generate_validation_report(frame)


def test_a_name_is_kept_whole_and_cannot_colour_a_terminal() -> None:
    config = MultiScenarioRunnerConfig.model_validate(
        {"observe_model_alias": "o-" * 20 + "o", "user_model_alias": "a\x1bb"}
    )
    text = generate_validation_report(table(("a", None, run(True)), of=config))
    assert "user=a b,\n    proactive=" in text
    assert f"observe-execute_{'o-' * 20}o_gpt-5," in text


# What looks like a reference is no name.
names = st.text(st.characters(codec="utf-8", exclude_characters="$~{"), min_size=1, max_size=200)
big = st.integers(0, 10**9)


@given(
    *(names, names, names, st.none() | names),
    st.dictionaries(names, st.floats(0, 1)),
    st.lists(
        st.builds(run, st.booleans(), duration=st.floats(0, 1e7), write_actions=big, proposal_count=big), max_size=3
    ),
)
@settings(deadline=None)
def test_no_line_is_too_long_or_broken(
    user: str,
    observe: str,
    split: str,
    heading: str | None,
    weights: dict[str, float],
    results: list[PAREScenarioValidationResult],
) -> None:
    config = MultiScenarioRunnerConfig.model_validate({"user_model_alias": user, "observe_model_alias": observe})
    df = table(*(("a", number, result) for number, result in enumerate(results)), of=config)
    text = generate_validation_report(df, split, weights, timestamp=split, heading=heading)
    for line in text.split("\n"):
        assert line.isprintable()
        assert len(line) <= 80
        assert line == line.rstrip()


# JSON


def test_json_report() -> None:
    report = generate_json_stats_report(example(), "ablation", {"StatefulEmailApp": 1.0}, "2026-01-02")
    assert list(report) == ["metadata", "per_config_results"]
    assert report["metadata"] == {
        "split": "ablation",
        "timestamp": "2026-01-02",
        "report_version": "1.0",
        "weight_per_app_class": {"StatefulEmailApp": 1.0},
    }
    assert report["per_config_results"] == calculate_statistics(example())["per_config_results"]
    assert len(report["per_config_results"]) == 1
    assert json.loads(json.dumps(report, allow_nan=False)) == report


@pytest.mark.parametrize("df", [EMPTY, combine_results_to_dataframe([]), pl.DataFrame()])
def test_json_report_of_nothing(df: pl.DataFrame) -> None:
    assert generate_json_stats_report(df) == {
        "metadata": {"split": "full", "timestamp": None, "report_version": "1.0", "weight_per_app_class": None},
        "per_config_results": [],
    }


def test_without_agents_nothing_is_said_of_what_they_did() -> None:
    result = PAREMultiScenarioValidationResult(MultiScenarioRunnerConfig())
    result.add_result(PAREScenarioValidationResult(success=True), "a")
    text = generate_validation_report(result.to_polars(), agents=False)
    assert "Agent metrics           n/a (no agent took part)" in text
    assert "Proposals" not in text
    assert "Success rate          100.0 %" in text


# What is added up over a suite


USAGE = {
    "user": {
        "calls": 2,
        "live": True,
        "prompt_tokens": 10,
        "completion_tokens": 3,
        "cost": 0.5,
        "finish_reasons": {"length": 1},
    }
}


def broken(kind: Any = None, **figures: Any) -> PAREScenarioValidationResult:
    return run(None, exception=ValueError("x"), exception_kind=kind, **figures)


def eventful() -> list[PAREScenarioValidationResult]:
    return [
        run(
            True,
            noise_events=1500,
            faults={"user_busy": {"user": 3}, "tool_failure": {"a": 2, "b": 9}},
            usage=USAGE,
            ended_by="nothing_left",
        ),
        broken("configuration", ended_by="max_turns"),
        broken("infrastructure", noise_events=30, faults={"tool_failure": {"a": 1}, "tool_slow": {"a": 0}}),
        broken("infrastructure", ended_by="nothing_left"),
        broken(),
    ]


def test_the_text_of_what_happened_in_a_suite() -> None:
    assert "\n".join(detail_lines(eventful())) == (
        """\
  Exceptions: 2 infrastructure, 1 configuration, 1 other
  Noise: 1530 events; faults: tool_failure 12, user_busy 3
  Usage             calls        tokens in       tokens out          cost
    user                2               10                3         $0.50
    1 answer cut at max_tokens: user 1
    Cost of 1 run: $0.50"""
    )


def test_where_nothing_happened_there_is_nothing_to_tell() -> None:
    assert detail_lines([run(True), run(False), run(None), broken()]) == []
    # It did not end the run.
    assert detail_lines([run(True, exception_kind="infrastructure")]) == []


@pytest.mark.parametrize(
    ("figures", "line"),
    [
        ({"noise_events": 1}, "  Noise: 1 event"),
        ({"faults": {"tool_slow": {"a": 1}}}, "  Noise: faults: tool_slow 1"),
    ],
)
def test_noise_of_one_sort(figures: dict[str, Any], line: str) -> None:
    assert detail_lines([run(True, **figures)]) == [line]


def test_many_kinds_of_faults_take_several_lines() -> None:
    lines = detail_lines([run(True, faults={f"kind_of_fault_{number}": {"a": number} for number in range(1, 10)})])
    assert len(lines) > 1
    assert max(map(len, lines)) <= 80


def test_what_happened_in_a_suite_as_json() -> None:
    totals = details_to_dict(eventful())
    assert json.loads(json.dumps(totals)) == totals
    figures = {"prompt_tokens": 10, "completion_tokens": 3, "cost": 0.5}
    known = {name: {"total": total, "known_runs": 1, "runs": 1} for name, total in figures.items()}
    assert totals == {
        "total_rejections": 0,
        "writes_without_consent": 0,
        "turns_saved": 0,
        "gather_context": 0,
        "reads_before_first_proposal": 0,
        "prompt_version": None,
        "exceptions": {"infrastructure": 2, "configuration": 1, "other": 1},
        "noise_events": 1530,
        "faults": {"tool_failure": 12, "user_busy": 3},
        "usage": {"user": {"calls": 2, **known, "finish_reasons": {"length": 1}}},
        "script_events_missed": 0,
        "ended_by": {"max_turns": 1, "nothing_left": 2},
        "user_faults": {},
        "cost": known["cost"],
    }
    nothing = details_to_dict([])
    assert (nothing["faults"], nothing["exceptions"], nothing["usage"]) == ({}, {}, {})
    assert nothing["cost"] == {"total": None, "known_runs": 0, "runs": 0}


# Files


def suite() -> dict[str, PAREMultiScenarioValidationResult]:
    collected = PAREMultiScenarioValidationResult(CONFIG)
    for number, result in enumerate(eventful(), start=1):
        collected.add_result(result, "a", number)
    return {"": collected}


def test_the_json_file_has_the_weights_of_noise_if_all_of_it_has_the_same(tmp_path: Path) -> None:
    def of(**weights: float) -> PAREMultiScenarioValidationResult:
        return PAREMultiScenarioValidationResult(
            MultiScenarioRunnerConfig(env_events_config=EnvEventsConfig(weight_per_app_class=weights))
        )

    mails, chats = of(StatefulEmailApp=1.0), of(StatefulMessagingApp=1.0)
    quiet = PAREMultiScenarioValidationResult(CONFIG)
    for results, expected in (
        ([quiet], None),
        ([quiet, mails, mails], {"StatefulEmailApp": 1.0}),
        ([mails, chats], None),
    ):
        write_json(tmp_path / "r.json", SuiteReport("pare.yaml", dict(zip("abc", results, strict=False))))
        assert json.loads((tmp_path / "r.json").read_text())["metadata"]["weight_per_app_class"] == expected


def test_the_json_file_has_what_happened_in_the_suite_and_its_curves(tmp_path: Path) -> None:
    curves = robustness_curves("noise.tool_slow.rate", [Point(0, "a", "", True, {}), Point(1, "a", "", False, {})])
    write_json(tmp_path / "r.json", SuiteReport("pare.yaml", suite(), curves=curves))
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert list(report) == ["version", "metadata", "per_config_results", "robustness", "gate", "results"]
    assert report["metadata"].items() >= details_to_dict(eventful()).items()
    assert report["robustness"] == [one.to_dict() for one in curves]
    write_json(tmp_path / "r.json", SuiteReport("pare.yaml", {}))
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["robustness"] == []


def test_the_table_has_what_happened_in_each_run(tmp_path: Path) -> None:
    write_parquet(tmp_path / "r.parquet", SuiteReport("pare.yaml", suite()))
    frame = pl.read_parquet(tmp_path / "r.parquet")
    assert frame["exception_kind"].to_list() == [None, "configuration", "infrastructure", "infrastructure", None]
    assert frame["ended_by"].to_list() == ["nothing_left", "max_turns", None, "nothing_left", None]
    assert frame["noise_events"].to_list() == [1500, 0, 30, 0, 0]
    for name in ("faults", "usage"):
        assert list(map(json.loads, frame[name])) == [getattr(one, name) for one in eventful()]


def test_columns_have_their_types_whatever_is_in_them(tmp_path: Path) -> None:
    """Left to itself, polars makes a column of nothing a type of its own, and an integer of what follows many."""
    results = [PAREScenarioValidationResult(success=True, duration=1) for _ in range(201)]
    results.append(PAREScenarioValidationResult(success=False, duration=2.5, rationale="no", exception_kind=None))
    for name, some in (("empty", results[:1]), ("full", results)):
        collected = PAREMultiScenarioValidationResult(MultiScenarioRunnerConfig())
        for number, result in enumerate(some, start=1):
            collected.add_result(result, "a", number)
        write_parquet(tmp_path / f"{name}.parquet", SuiteReport("pare.yaml", {"": collected}))
    empty, full = pl.read_parquet(tmp_path / "empty.parquet"), pl.read_parquet(tmp_path / "full.parquet")
    assert empty.schema == full.schema
    assert pl.Null not in empty.dtypes
    both = pl.concat([empty, full])
    assert both["run_duration"].to_list() == [1.0] * 202 + [2.5]
    assert both["rationale"].null_count() == 202
