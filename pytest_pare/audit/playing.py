"""Plays a case of an audit, and compares the verdict with what it must be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pytest_pare.audit.reference import play_script, signature_of
from pytest_pare.base.serialization import to_short_text
from pytest_pare.results.validation_result import exception_type_name
from pytest_pare.simulation.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from are.simulation.types import AbstractEvent

    from pytest_pare.audit.case import Case
    from pytest_pare.audit.reference import Reference
    from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper


class Outcome(StrEnum):
    """The outcome of a case."""

    REJECTED = "rejected"
    ACCEPTED = "accepted"
    RAISED = "raised"
    VOID = "void"


@dataclass(frozen=True)
class Trial:
    """A case that was played.

    Attributes:
        case: The case.
        outcome: What the validator said; `VOID` if the change had no effect.
        said: The validator's reason, or its error.
    """

    case: Case
    outcome: Outcome
    said: str

    @property
    def is_right(self) -> bool:
        """Whether the validator said what it must say."""
        return self.outcome in (Outcome.VOID, Outcome.ACCEPTED if self.case.is_right else Outcome.REJECTED)


def play(reference: Reference, case: Case) -> Trial:
    """Play a case on a fresh instance of the scenario.

    Args:
        reference: The reference run.
        case: The case.
    """
    script = reference.script()
    with script.scenario.world.active():
        required = list(case.apply(script))
    env = play_script(script)
    if _is_void(env, reference, case, required):
        return Trial(case, Outcome.VOID, "the change has no effect")
    try:
        with script.scenario.world.active(), env.off_the_record():
            verdict = validate(script.scenario, env)
    except Exception as error:  # noqa: BLE001 - the author's code may raise anything
        return Trial(case, Outcome.RAISED, f"validate() raised {type(error).__name__}: {to_short_text(error)}")
    if verdict.exception is not None:
        said = f"{exception_type_name(verdict.exception)}: {to_short_text(verdict.exception)}"
        return Trial(case, Outcome.RAISED, f"validate() returned an exception: {said}")
    if verdict.success is None:
        return Trial(case, Outcome.RAISED, f"validate() gave no verdict: {verdict.rationale}")
    return Trial(case, Outcome.ACCEPTED if verdict.success else Outcome.REJECTED, verdict.rationale or "")


def _is_void(
    env: StateAwareEnvironmentWrapper, reference: Reference, case: Case, required: Iterable[AbstractEvent]
) -> bool:
    log = env.event_log.list_view()
    succeeded = {event.event_id for event in log if not event.failed()}
    if any(event.event_id not in succeeded for event in required):
        return True
    return not case.is_right and signature_of(log) == reference.signature
