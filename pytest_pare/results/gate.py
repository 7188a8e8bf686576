"""The gate: from the outcomes of a session to its verdict. Pure, and free of every import that costs time."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

_COUNTED: Final = ("success", "failed", "exception", "no_validation", "no_result")
_LEFT_OUT: Final = ("skipped", "xfailed")
_TOO_FEW: Final = "too few runs succeeded"


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
        min_success_rate: The least success rate that passes, 0 to 1; None if every run must succeed.
        partial: Why the session is not the whole suite, for example `("-k smoke",)`; empty if it is.
        deselected: Runs of the suite that are not part of a partial session; None if that is not known.
        interrupted: Whether the session was ended early.
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

    def __post_init__(self) -> None:
        for name in (*_COUNTED, *_LEFT_OUT):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative: {getattr(self, name)}")
        # A comparison with NaN is false, so this refuses it as well.
        if self.min_success_rate is not None and not 0 <= self.min_success_rate <= 1:
            raise ValueError(f"min_success_rate must be from 0 to 1: {self.min_success_rate}")

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
    has a result, and it was not interrupted. A partial session can pass; its verdict says that it is partial.
    """
    # The float is read as the decimal number that its author wrote: 0.9 is nine tenths, not a little more or less.
    needed = Fraction(1) if given.min_success_rate is None else Fraction(str(float(given.min_success_rate)))
    rate = given.success_rate
    reasons = []
    if not given.success + given.failed:
        reasons.append("no run was judged")
    elif rate is not None and rate < needed:
        reasons.append(_TOO_FEW)
    if given.no_result:
        verb = "has" if given.no_result == 1 else "have"
        reasons.append(f"{_plural(given.no_result, 'run')} {verb} no result")
    if given.interrupted:
        reasons.append("the session was interrupted")
    return Verdict(given, not reasons, tuple(reasons), tuple(_lines(given, reasons, needed)))


def _lines(given: GateInput, reasons: list[str], needed: Fraction) -> list[str]:
    line = f"gate {_word(not reasons)}: {given.success} of {_plural(given.runs, 'run')} succeeded"
    decimals = _decimals(given.min_success_rate)
    if given.success_rate is not None:
        line += f" ({_percent(given.success_rate, needed, decimals)})"
    if given.min_success_rate is None:
        line += ", every run must succeed (no rate set)"
    else:
        line += f", {_percent(needed, needed, decimals)} needed"
    lines = [line + _listing(": ", given, _COUNTED[1:])]
    # Too low a rate is plain from the first line.
    if unseen := [reason for reason in reasons if reason != _TOO_FEW]:
        lines.append(f"cannot pass: {'; '.join(unseen)}")
    if left_out := _listing("not counted: ", given, _LEFT_OUT):
        lines.append(left_out)
    if given.partial:
        partial = f"partial session ({', '.join(given.partial)})"
        if given.deselected is not None:
            selected = given.runs + given.skipped + given.xfailed
            partial += f": {selected} of {_plural(selected + given.deselected, 'run')} selected"
        lines.append(partial)
    return lines


def _word(passed: bool) -> str:
    return "PASS" if passed else "FAIL"


def _listing(prefix: str, given: GateInput, names: tuple[str, ...]) -> str:
    counts = [(getattr(given, name), name.replace("_", " ")) for name in names]
    shown = [_plural(count, name) if name == "exception" else f"{count} {name}" for count, name in counts if count]
    return prefix + ", ".join(shown) if shown else ""


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _decimals(min_success_rate: float | None) -> int:
    """Return how many decimals the percentage has that its author wrote, but one at least."""
    exponent = Decimal(str(float(min_success_rate or 0))).as_tuple().exponent
    return max(1, -int(exponent) - 2)


def _percent(rate: Fraction, needed: Fraction, decimals: int) -> str:
    """Return the rate in percent, rounded, but never up to what it falls short of."""
    unit = Fraction(1, 100 * 10**decimals)
    units = round(rate / unit)
    if any(rate < bound <= units * unit for bound in (needed, Fraction(1))):
        units -= 1
    whole, part = divmod(units, 10**decimals)
    return f"{whole}.{part:0{decimals}} %"
