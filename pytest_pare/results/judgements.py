"""The judgements of a judge on runs: their totals, and their lines in reports."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.base.redaction import redacted
from pytest_pare.results.text import plural, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_pare.results.validation_result import PAREScenarioValidationResult

# How many claims without effect are shown.
_MOST_CLAIMS: Final = 5


def totals_of(runs: Iterable[PAREScenarioValidationResult]) -> dict[str, int]:
    """Return the number of claims: those that hold, do not, and so on, and those that decide.

    `unknown` have no answer that could be read, `assumed` hold in a reference check without a judge.
    """
    claims = list(_claims(runs))
    asked = [one for one in claims if one["asked"]]
    return {
        "claims": len(claims),
        "hold": sum(one["holds"] is True for one in asked),
        "do_not_hold": sum(one["holds"] is False for one in asked),
        "unknown": sum(one["holds"] is None for one in asked),
        "assumed": sum(one["holds"] is True and not one["asked"] for one in claims),
        "not_asked": sum(one["holds"] is None and not one["asked"] for one in claims),
        "decide": sum(one["decides"] for one in claims),
    }


def judgement_lines(runs: Iterable[PAREScenarioValidationResult]) -> list[str]:
    """Return the judgements of runs as lines for a terminal; none if no claim was made."""
    runs = list(runs)
    totals = totals_of(runs)
    if not totals["claims"]:
        return []
    asked = totals["hold"] + totals["do_not_hold"] + totals["unknown"]
    parts = []
    if asked:
        many = f"{totals['hold']} of {plural(asked, 'claim')} hold{'s' * (asked == 1)}"
        parts.append(f"{many}, {totals['do_not_hold']} do not, {totals['unknown']} unknown")
    if totals["assumed"]:
        parts.append(f"{plural(totals['assumed'], 'claim')} taken to hold in the reference")
    if totals["not_asked"]:
        parts.append(f"{plural(totals['not_asked'], 'claim')} not asked")
    lines = wrapped(f"Judge: {'; '.join(parts)}", "  ")
    if asked and not totals["decide"]:
        lines.append("    not calibrated: decides nothing")
    lines += _without_effect(runs)
    apart = [run.judgements["without_judge"] for run in runs if "without_judge" in run.judgements]
    if apart:
        own = sum(one["success"] is True for one in apart)
        lines += wrapped(f"Judge only: the scenarios' own checks pass in {own} of {plural(len(apart), 'run')}", "  ")
    return lines


def _without_effect(runs: Iterable[PAREScenarioValidationResult]) -> Iterator[str]:
    """Yield lines on the claims that do not hold in runs that succeeded; a failed run has its own in its text."""
    claims = list(_claims(run for run in runs if run.status == "success"))
    failed = Counter(one["claim"] for one in claims if one["asked"] and one["holds"] is False)
    for claim, count in failed.most_common(_MOST_CLAIMS):
        # Redacted before it is wrapped: a part of a secret is not recognized.
        yield from wrapped(redacted(f"does not hold in {plural(count, 'successful run')}: {claim}"), "    ")
    if len(failed) > _MOST_CLAIMS:
        yield f"    and {len(failed) - _MOST_CLAIMS} more"


def claim_lines(run: PAREScenarioValidationResult) -> list[str]:
    """Return the judgements of a run as lines, a claim each, and with `judge_only` the scenario's own verdict."""
    claims = run.judgements.get("claims", ())
    lines = [f"judge: {one['claim']!r} {_answer(one)}: {one['reason']}" for one in claims]
    if (own := run.judgements.get("without_judge")) is not None:
        said = {True: "success", False: "failed", None: "no verdict"}[own["success"]]
        lines.append(f"without the judge: {said}" + (f": {own['rationale']}" if own["rationale"] else ""))
    return lines


def _answer(claim: Mapping[str, Any]) -> str:
    if claim["holds"] is None:
        return "has no readable answer" if claim["asked"] else "was not judged"
    said = "holds" if claim["holds"] else "does not hold"
    return said if claim["decides"] else f"{said} (decides nothing)"


def _claims(runs: Iterable[PAREScenarioValidationResult]) -> Iterator[dict[str, Any]]:
    for run in runs:
        yield from run.judgements.get("claims", ())
