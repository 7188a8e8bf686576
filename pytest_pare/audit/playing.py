"""Plays a case of an audit, and asks the validator of its scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_pare.audit.reference import signature_of
from pytest_pare.audit.trial import Outcome, Trial
from pytest_pare.base.serialization import error_text, to_short_text
from pytest_pare.results.validation_result import exception_type_name
from pytest_pare.scenarios.judging import Judging
from pytest_pare.simulation.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from are.simulation.types import AbstractEvent

    from pytest_pare.audit.case import Case
    from pytest_pare.audit.reference import Reference
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper


def play(reference: Reference, case: Case, excuse: str = "") -> Trial:
    """Play a case on a fresh instance of the scenario.

    Args:
        reference: The reference run.
        case: The case.
        excuse: The reason why the scenario takes the case out of the count; empty if it does not.
    """
    outcome, said = _played(reference, case)
    return Trial(
        scenario_id=reference.scenario.scenario_id,
        case_id=case.case_id,
        group=str(case.group),
        change=case.change,
        is_alternative=case.is_right,
        counts=case.counts,
        outcome=str(outcome),
        said=said,
        excuse=excuse,
    )


def _played(reference: Reference, case: Case) -> tuple[Outcome, str]:
    try:
        script = reference.script()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - the author's code may raise anything
        return Outcome.RAISED, f"the scenario cannot be built again: {error_text(error)}"
    try:
        with script.scenario.world.active():
            required = list(case.apply(script))
        env = reference.play(script)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a script of an unusual form may not allow the change
        return Outcome.UNPLAYABLE, error_text(error)
    return _judged(env, reference, script.scenario, case, required)


def _judged(
    env: StateAwareEnvironmentWrapper,
    reference: Reference,
    scenario: PAREScenario,
    case: Case,
    required: Iterable[AbstractEvent],
) -> tuple[Outcome, str]:
    if _is_void(env, reference, case, required):
        return Outcome.VOID, "the change has no effect"
    return _verdict(scenario, env)


def _verdict(scenario: PAREScenario, env: StateAwareEnvironmentWrapper) -> tuple[Outcome, str]:
    try:
        with scenario.world.active(), env.off_the_record():
            # The reference run was inspected. Offline, no judge is asked: its claims are taken to hold.
            verdict = validate(scenario, env, Judging(env, is_reference=True), inspects=False)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - the author's code may raise anything, SystemExit or a skip as well
        return Outcome.RAISED, f"validate() raised {error_text(error)}"
    if verdict.exception is not None:
        said = f"{exception_type_name(verdict.exception)}: {to_short_text(verdict.exception)}"
        return Outcome.RAISED, f"validate() returned an exception: {said}"
    if verdict.success is None:
        return Outcome.RAISED, f"validate() gave no verdict: {verdict.rationale or 'success is None'}"
    return Outcome.ACCEPTED if verdict.success else Outcome.REJECTED, verdict.rationale or ""


def _is_void(
    env: StateAwareEnvironmentWrapper, reference: Reference, case: Case, required: Iterable[AbstractEvent]
) -> bool:
    """Tell whether a changed call failed, or nothing differs from the reference run but failed writes."""
    log = env.event_log.list_view()
    succeeded = {event.event_id for event in log if not event.failed()}
    if any(event.event_id not in succeeded for event in required):
        return True
    return not case.is_right and signature_of(log) == reference.signature
