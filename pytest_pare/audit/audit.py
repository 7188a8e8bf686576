"""The audit of a scenario: its cases, played one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_pare.audit.arguments import argument_mutants
from pytest_pare.audit.calls import call_mutants
from pytest_pare.audit.dialogue import dialogue_mutants
from pytest_pare.audit.extra_writes import extra_write_mutants

if TYPE_CHECKING:
    from pytest_pare.audit.case import Case
    from pytest_pare.audit.reference import Reference


def cases_of(reference: Reference) -> list[Case]:
    """Return the cases of a scenario, in an order that does not depend on the process.

    Raises:
        ValueError: If two cases have the same id, which would be an error of the audit.
    """
    cases = [
        *dialogue_mutants(reference),
        *call_mutants(reference),
        *argument_mutants(reference),
        *extra_write_mutants(reference),
    ]
    ids = [case.case_id for case in cases]
    if twice := sorted({case_id for case_id in ids if ids.count(case_id) > 1}):
        raise ValueError(f"two cases have the id {twice[0]!r}")
    return cases
