"""The gate: from the outcomes of a session to its verdict. Pure, and free of every import that costs time."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from pytest_pare.results.attempts import Attempts
from pytest_pare.results.text import as_written, decimals_of, plural, rounded

_COUNTED: Final = ("success", "failed", "exception", "no_validation", "no_result")
_LEFT_OUT: Final = ("skipped", "xfailed")
_TOO_FEW: Final = "too few runs succeeded"
_TOO_FRAGILE: Final = "the robustness is too low"
_NO_CURVE: Final = "the robustness could not be measured: the sweep was not run, or a level of it has no judged run"


@dataclass(frozen=True)
class GateInput:
    """What the gate looks at.

    The success rate is `success` divided by the sum of the first five counts, so a run that broke, was not judged or
    never ended counts like a failed one. Skipped and expected failures are left out. Whether an unexpected pass is a
    success or a failure has been decided before.

    Attributes:
        success: Runs that the validator accepted.
        failed: Runs that it did not.
        exception: Runs that broke.
        no_validation: Runs that ended without a verdict of the validator.
        no_result: Runs that were selected and never reported, because of a crash or an early end of the session.
        skipped: Runs that were skipped.
        xfailed: Runs that were expected to fail, and did.
        min_success_rate: The least success rate that passes, 0 to 1; None if every run must succeed, or the robustness
            decides.
        partial: Why the session is not the whole suite, for example `("-k smoke",)`; empty if it is.
        deselected: Runs of the suite that are not part of a partial session; None if that is not known.
        interrupted: Whether the session was ended early.
        robustness: The least area under a robustness curve, 0 to 1; None if it could not be measured.
        min_robustness: The least area that passes, 0 to 1; None if it does not matter.
        attempts: How often the runs were played; it decides nothing, and is told.
    """

    success: int = 0
    failed: int = 0
    exception: int = 0
    no_validation: int = 0
    no_result: int = 0
    skipped: int = 0
    xfailed: int = 0
    min_success_rate: float | None = None
    partial: tuple[str, ...] = ()
    deselected: int | None = None
    interrupted: bool = False
    robustness: Fraction | None = None
    min_robustness: float | None = None
    attempts: Attempts = field(default_factory=Attempts)

    def __post_init__(self) -> None:
        for name in (*_COUNTED, *_LEFT_OUT):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative: {getattr(self, name)}")
        for name in ("min_success_rate", "robustness", "min_robustness"):
            # A comparison with NaN is false, so this refuses it as well.
            if getattr(self, name) is not None and not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be from 0 to 1: {getattr(self, name)}")

    @property
    def runs(self) -> int:
        """Runs that the success rate is taken of."""
        return sum(getattr(self, name) for name in _COUNTED)

    @property
    def success_rate(self) -> Fraction | None:
        """The exact success rate; None if there is no run."""
        return Fraction(self.success, self.runs) if self.runs else None


@dataclass(frozen=True)
class Verdict:
    """What the gate says.

    Attributes:
        given: What it looked at.
        passed: Whether the session passes.
        reasons: Why it does not; empty if it does.
        lines: The verdict and why, for a terminal.
    """

    given: GateInput
    passed: bool
    reasons: tuple[str, ...]
    lines: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as JSON has it."""
        given = self.given
        rate = given.success_rate
        return {
            "verdict": _word(self.passed),
            "passed": self.passed,
            "reasons": list(self.reasons),
            "success_rate": None if rate is None else float(rate),
            "min_success_rate": given.min_success_rate,
            "robustness": None if given.robustness is None else float(given.robustness),
            "min_robustness": given.min_robustness,
            "runs": given.runs,
            "counts": {name: getattr(given, name) for name in (*_COUNTED, *_LEFT_OUT)},
            "partial": list(given.partial),
            "deselected": given.deselected,
            "interrupted": given.interrupted,
            "lines": list(self.lines),
        }


def evaluate_gate(given: GateInput) -> Verdict:
    """Return the verdict on a session.

    A session passes if at least `min_success_rate` of its runs succeeded, at least one of them was judged, each of them
    has a result, and it was not interrupted. Where `min_robustness` is given, the robustness must reach it too; then
    not every run must succeed where no rate is set. A partial session can pass; its verdict says that it is partial.
    """
    needed = _needed_rate(given)
    rate = given.success_rate
    reasons = []
    if not given.success + given.failed:
        reasons.append("no run was judged")
    elif rate is not None and rate < needed:
        reasons.append(_TOO_FEW)
    if given.min_robustness is not None:
        if given.robustness is None:
            reasons.append(_NO_CURVE)
        elif given.robustness < as_written(given.min_robustness):
            reasons.append(_TOO_FRAGILE)
    if given.no_result:
        verb = "has" if given.no_result == 1 else "have"
        reasons.append(f"{plural(given.no_result, 'run')} {verb} no result")
    if given.interrupted:
        reasons.append("the session was interrupted")
    return Verdict(given, not reasons, tuple(reasons), tuple(_lines(given, reasons, needed)))


def _needed_rate(given: GateInput) -> Fraction:
    if given.min_success_rate is not None:
        return as_written(given.min_success_rate)
    return Fraction(1) if given.min_robustness is None else Fraction(0)


def _lines(given: GateInput, reasons: list[str], needed: Fraction) -> list[str]:
    line = f"gate {_word(not reasons)}: {given.success} of {plural(given.runs, 'run')} succeeded"
    decimals = decimals_of(given.min_success_rate)
    if given.success_rate is not None:
        line += f" ({_percent(given.success_rate, needed, decimals)})"
    if given.min_success_rate is None:
        line += ", every run must succeed (no rate set)" * (given.min_robustness is None)
    else:
        line += f", {_percent(needed, needed, decimals)} needed"
    lines = [line + _listing(": ", given, _COUNTED[1:])]
    if given.min_robustness is not None and given.robustness is not None:
        lines.append(_robustness_line(given.robustness, given.min_robustness))
    # What is too low is plain from the lines above.
    if unseen := [reason for reason in reasons if reason not in (_TOO_FEW, _TOO_FRAGILE)]:
        lines.append(f"cannot pass: {'; '.join(unseen)}")
    if warning := given.attempts.warning():
        lines.append(warning)
    if left_out := _listing("not counted: ", given, _LEFT_OUT):
        lines.append(left_out)
    if given.partial:
        partial = f"partial session ({', '.join(given.partial)})"
        if given.deselected is not None:
            selected = given.runs + given.skipped + given.xfailed
            partial += f": {selected} of {plural(selected + given.deselected, 'run')} selected"
        lines.append(partial)
    return lines


def _robustness_line(area: Fraction, min_area: float) -> str:
    needed = as_written(min_area)
    decimals = decimals_of(min_area)
    shown = rounded(area, decimals, needed, Fraction(1))
    return f"robustness{' too low' * (area < needed)}: area {shown}, {rounded(needed, decimals)} needed"


def _word(passed: bool) -> str:
    return "PASS" if passed else "FAIL"


def _listing(prefix: str, given: GateInput, names: tuple[str, ...]) -> str:
    counts = [(getattr(given, name), name.replace("_", " ")) for name in names]
    shown = [plural(count, name) if name == "exception" else f"{count} {name}" for count, name in counts if count]
    return prefix + ", ".join(shown) if shown else ""


def _percent(rate: Fraction, needed: Fraction, decimals: int) -> str:
    return rounded(100 * rate, decimals - 2, 100 * needed, Fraction(100)) + " %"
