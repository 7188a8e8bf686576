"""The audit of a scenario: its reference run, and the cases that change it."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, NamedTuple

from pytest_pare.audit.alternatives import alternatives
from pytest_pare.audit.arguments import argument_mutants
from pytest_pare.audit.calls import call_mutants
from pytest_pare.audit.dialogue import dialogue_mutants
from pytest_pare.audit.extra_writes import extra_write_mutants
from pytest_pare.audit.order import order_cases
from pytest_pare.audit.playing import play
from pytest_pare.audit.reference import AuditImpossible, reference_of
from pytest_pare.base.serialization import error_text, type_and_value
from pytest_pare.base.suggestions import did_you_mean
from pytest_pare.scenarios.config import MAX_SCENARIO_DURATION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_pare.audit.case import Case
    from pytest_pare.audit.reference import Reference
    from pytest_pare.audit.trial import Trial
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.settings import SuiteSettings


class Audit(NamedTuple):
    """The audit of a scenario.

    Attributes:
        reference: The reference run.
        cases: The cases by id, in an order that does not depend on the process.
        excuses: By id of a case, the reason why the scenario takes it out of the count.
        problems: What is wrong with these reasons, a sentence each.
    """

    reference: Reference
    cases: Mapping[str, Case]
    excuses: Mapping[str, str]
    problems: list[str]

    def play(self, case_id: str) -> Trial:
        """Play a case."""
        return play(self.reference, self.cases[case_id], self.excuses.get(case_id, ""))

    def play_all(self) -> Iterator[Trial]:
        """Play every case."""
        return map(self.play, self.cases)


def audit_of(
    make: Callable[[], PAREScenario],
    *,
    max_scenario_duration: int = MAX_SCENARIO_DURATION,
    script_errors: Literal["fail", "warn"] = "fail",
) -> Audit:
    """Return the audit of a scenario; its cases are not played yet.

    Args:
        make: Makes a fresh instance of the scenario.
        max_scenario_duration: How many simulated seconds the conditions of a run may wait.
        script_errors: Whether a defect of the script makes the reference run an exception, as for `run_scenario`.

    Raises:
        AuditImpossible: If the reference run does not succeed, or code of the scenario raises elsewhere.
    """
    try:
        return _audit(make, max_scenario_duration, script_errors)
    except (AuditImpossible, KeyboardInterrupt):
        raise
    except BaseException as error:
        # Tests of arguments raise, or a second instance cannot be built. A skip or `SystemExit` is no end, either.
        raise AuditImpossible(f"its reference run cannot be changed: {error_text(error)}") from error


def audit_in_suite(scenario_id: str, cls: type[PAREScenario], settings: SuiteSettings) -> Audit:
    """Return the audit of a scenario of a suite, in the world and with the limits that the suite sets.

    With `runner.variation`, the world is that of run 1.

    Raises:
        AuditImpossible: As for `audit_of`.
    """
    runner = settings.runner

    def make() -> PAREScenario:
        # A class that is registered under two ids has only the last one, so the id is an argument.
        scenario = cls(scenario_id=scenario_id, run_number=1 if runner.variation else None)
        scenario.variation = runner.variation
        return scenario

    return audit_of(
        make,
        max_scenario_duration=runner.max_scenario_duration,
        script_errors=settings.scenarios.script_errors,
    )


def _audit(
    make: Callable[[], PAREScenario], max_scenario_duration: int, script_errors: Literal["fail", "warn"]
) -> Audit:
    reference = reference_of(make, max_scenario_duration, script_errors)
    found = [
        *dialogue_mutants(reference),
        *call_mutants(reference),
        *order_cases(reference),
        *argument_mutants(reference),
        *extra_write_mutants(reference),
        *alternatives(reference),
    ]
    cases: dict[str, Case] = {}
    for case in found:
        # Two changes of one name are one change, such as two mails from the same sender.
        cases.setdefault(case.case_id, case)
    return Audit(reference, cases, *_excuses(getattr(type(reference.scenario), "equivalent_mutants", {}), cases))


def _excuses(entries: object, cases: Mapping[str, Case]) -> tuple[dict[str, str], list[str]]:
    excuses: dict[str, str] = {}
    problems: list[str] = []
    if not isinstance(entries, dict) or not all(isinstance(pattern, str) for pattern in entries):
        given = type_and_value(entries)
        return {}, [f"equivalent_mutants: expected a dictionary of reasons by ids of cases, got {given}"]
    for pattern, reason in entries.items():
        matching = [case_id for case_id in cases if fnmatchcase(case_id, pattern)]
        if not isinstance(reason, str) or not reason.strip():
            problems.append(f"equivalent_mutants: {pattern!r} needs a reason; say why the changed run is right as well")
        elif not matching:
            problems.append(f"equivalent_mutants: {pattern!r} matches no case{did_you_mean(pattern, cases)}")
        else:
            excuses |= dict.fromkeys(matching, reason)
    return excuses, problems
