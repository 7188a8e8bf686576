"""The judge in runs: what it is asked, and what its judgements decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.scenarios.validation_result import ScenarioValidationResult

from pytest_pare.engines.cassette import fingerprint
from pytest_pare.judge.agreement import Agreement
from pytest_pare.judge.calibration import Calibration
from pytest_pare.judge.judgement import NOT_CALIBRATED, NoJudgement
from pytest_pare.judge.prompt import version
from pytest_pare.results.judgements import judgement_lines
from pytest_pare.results.validation_result import result_from_record, result_to_record
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.scenarios.matchers import Silent, State, verdict
from pytest_pare.simulation.runner import run_scenario
from tests.stage import Stage, requests_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.agents.protocols import Turn
    from pytest_pare.simulation.runner import Run

YES = {"holds": True, "reason": "it is there"}
NO = {"holds": False, "reason": "the price is missing"}
ORACLE = {"model_name": "oracle", "provider": "oracle"}


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("judge") / "calibration.json"
    Calibration("j", version(), 60, 2, "0" * 16, 1, Agreement(30, 2, 2, 26).to_dict()).write(path)
    return {"judge": {"calibration": str(path)}}


def look_on(turn: Turn) -> None:
    del turn


def judged(
    validate: Callable[[Any, Any], Any],
    *answers: object,
    agent: Callable[[Turn], None] | None = look_on,
    **config: Any,
) -> Run:
    if answers:
        config["judge_engine_config"] = {"model_name": "j", "provider": "scripted", "answers": list(answers)}
    config = {"user_engine_config": ORACLE, "max_turns": 1, **config}
    return run_scenario(Stage(verdict=validate), MultiScenarioRunnerConfig(**config), agent=agent)


def two_claims(scenario: Any, env: Any) -> ScenarioValidationResult:
    return verdict(env, Silent(), scenario.judge("it names the price"), scenario.judge("it is polite", "evidence"))


def summary(run: Run) -> str:
    """Return the block of the terminal summary, on one line."""
    return " ".join(" ".join(judgement_lines([run.result])).split())


def test_a_judge_that_is_not_calibrated_decides_nothing() -> None:
    run = judged(two_claims, YES, NO)
    assert run.result.status == "success"
    assert run.result.judgements["claims"] == [
        {"claim": "it names the price", "holds": True, "reason": "it is there", "asked": True, "decides": False},
        {"claim": "it is polite", "holds": False, "reason": "the price is missing", "asked": True, "decides": False},
    ]
    assert summary(run) == (
        "Judge: 1 of 2 claims hold, 1 do not, 0 unknown not calibrated: decides nothing "
        "does not hold in 1 successful run: it is polite"
    )
    assert result_from_record(result_to_record(run.result)).judgements == run.result.judgements
    # The world stood still.
    calls = [call for call in run.trace.calls if call.role == "judge"]
    assert [(call.model, call.latency, call.error) for call in calls] == [("j", 0.0, None)] * 2
    assert run.result.usage["judge"]["calls"] == 2
    # The requests are there, with what they have in common once.
    assert [call.fingerprint for call in calls] == list(map(fingerprint, requests_of(run.trace, "judge")))
    assert [call.kept for call in calls] == [0, 1]


def test_a_calibrated_judge_decides(calibrated: dict[str, Any]) -> None:
    assert judged(two_claims, YES, YES, **calibrated).result.status == "success"
    run = judged(two_claims, YES, NO, **calibrated)
    assert (run.result.status, run.result.rationale) == (
        "failed",
        "the judge: the claim 'it is polite' does not hold: the price is missing",
    )
    assert summary(run) == "Judge: 1 of 2 claims hold, 1 do not, 0 unknown"


def test_an_answer_that_cannot_be_read_is_no_verdict(calibrated: dict[str, Any]) -> None:
    # The first one is asked again, the second one twice.
    run = judged(two_claims, "Well.", YES, "Yes!", '{"holds": "yes"}', **calibrated)
    assert run.result.status == "no_validation"
    assert run.result.rationale == (
        "the judge gave no answer that can be read to the claim 'it is polite': its answer could not be read, twice: "
        "holds must be true or false"
    )
    assert summary(run) == "Judge: 1 of 2 claims hold, 0 do not, 1 unknown"

    # A failure of another matcher is a failure nevertheless.
    def untrue(scenario: Any, env: Any) -> ScenarioValidationResult:
        return verdict(env, scenario.judge("it is polite"), State("it rains", lambda: scenario.calendar.events))

    assert judged(untrue, "Yes!", "Yes!", **calibrated).result.status == "failed"


def test_without_a_judge_nothing_is_asked() -> None:
    run = judged(two_claims)
    assert run.result.status == "success"
    assert summary(run) == "Judge: 2 claims not asked"
    # A verdict of judgements alone would be a yes that nobody has said.
    for answers, why in (((), "was not judged: there is no judge"), ((YES,), f"decides nothing: {NOT_CALIBRATED}")):
        run = judged(lambda scenario, env: verdict(env, scenario.judge("it is polite")), *answers)
        assert run.result.status == "no_validation"
        assert f"the claim 'it is polite' {why}" in str(run.result.rationale)
        run = judged(lambda scenario, env: ScenarioValidationResult(success=bool(scenario.judge("good"))), *answers)
        assert (run.result.status, run.result.success) == ("no_validation", None)
        holds = judged(lambda scenario, env: ScenarioValidationResult(success=scenario.judge("good").holds), *answers)
        assert holds.result.status == "no_validation"
    outside = Stage().judge("it is polite")
    assert (outside.holds, outside.asked) == (None, False)
    with pytest.raises(NoJudgement, match="not validated in a run"):
        bool(outside)


@pytest.mark.parametrize("mode", [{"oracle": True}, {"observe_engine_config": ORACLE, "execute_engine_config": ORACLE}])
def test_the_reference_is_right(mode: dict[str, Any]) -> None:
    def judgement_alone(scenario: Any, env: Any) -> ScenarioValidationResult:
        return verdict(env, scenario.judge("it is polite"))

    run = judged(judgement_alone, agent=None, judge_engine_config=ORACLE, **mode)
    assert run.result.status == "success"
    assert summary(run) == "Judge: 1 claim taken to hold in the reference"
    # An agent of one's own is no reference, whatever the engines of the suite are.
    if "oracle" not in mode:
        assert judged(judgement_alone, judge_engine_config=ORACLE, **mode).result.status == "no_validation"


def test_the_judge_alone(calibrated: dict[str, Any]) -> None:
    def wrong_but_polite(scenario: Any, env: Any) -> ScenarioValidationResult:
        return verdict(env, State("it rains", lambda: scenario.calendar.events), scenario.judge("it is polite"))

    config = {"judge_only": True, **calibrated}
    run = judged(wrong_but_polite, YES, **config)
    assert run.result.status == "success"
    assert run.result.judgements["without_judge"] == {
        "success": False,
        "rationale": "not true after the run: it rains",
    }
    assert summary(run).endswith(" unknown Judge only: the scenarios' own checks pass in 0 of 1 run")
    run = judged(wrong_but_polite, NO, **config)
    assert str(run.result.rationale).startswith("the judge: the claim 'it is polite' does not hold")
    assert judged(wrong_but_polite, "?", "?", **config).result.status == "no_validation"
    run = judged(lambda scenario, env: verdict(env, Silent()), YES, **config)
    assert (run.result.status, run.result.rationale) == (
        "no_validation",
        "judge_only: the scenario has no claim for the judge",
    )
    # Claims that are taken to hold do not hide that the solution fails.
    run = judged(wrong_but_polite, agent=None, oracle=True, **config)
    assert (run.result.status, run.result.rationale) == ("failed", "not true after the run: it rains")
    run = judged(wrong_but_polite, YES, judge_only=True)
    assert (run.result.exception_kind, str(run.result.exception)) == (
        "configuration",
        "judge_only: a judge that is not calibrated must not decide alone; set judge.calibration in the suite",
    )


def test_a_judge_that_fails_ends_the_run(calibrated: dict[str, Any]) -> None:
    def careless(scenario: Any, env: Any) -> ScenarioValidationResult:
        try:
            scenario.judge("it is polite")
            scenario.judge("it is short")
        except Exception:  # noqa: BLE001 - what the test is about
            return ScenarioValidationResult(success=True)
        return ScenarioValidationResult(success=False)

    run = judged(careless, YES)
    assert run.result.exception_kind == "configuration"
    assert "the scripted answers of role judge have run out after 1" in str(run.result.exception)
    other = judged(two_claims, judge_engine_config={"model_name": "k", "provider": "scripted"}, **calibrated)
    assert "it was made for the judge j, and the judge is k" in str(other.result.exception)
    assert "expected a sentence, got ''" in str(judged(lambda scenario, env: scenario.judge("")).result.exception)
