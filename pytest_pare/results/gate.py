"""The gate: turns the outcomes of a session into its verdict.

Importing this module is fast.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.base.extensions import named
from pytest_pare.base.serialization import error_text
from pytest_pare.results.attempts import Attempts
from pytest_pare.results.text import as_written, decimals_of, plural, rounded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_pare.results.validation_result import PAREScenarioValidationResult

_COUNTED: Final = ("success", "failed", "exception", "no_validation", "no_result")
_LEFT_OUT: Final = ("skipped", "xfailed")
_TOO_FEW: Final = "too few runs succeeded"
_TOO_FRAGILE: Final = "the robustness is too low"
_NO_CURVE: Final = "the robustness could not be measured: the sweep was not run, or a level of it has no judged run"


@dataclass(frozen=True)
class GateInput:
    """The outcomes of a session, and the values of the gate's criteria.

    The success rate is `success` divided by the sum of the first five counts, so a run with an exception, without a
    verdict or without a result counts like a failed one. Skipped runs and expected failures are left out.

    Attributes:
        success: Runs that the validator accepted.
        failed: Runs that the validator rejected.
        exception: Runs that ended with an exception.
        no_validation: Runs that ended without a verdict of the validator.
        no_result: Runs that were selected and have no result, because of a crash or an early end of the session.
        skipped: Runs that were skipped.
        xfailed: Runs that were expected to fail, and did.
        min_success_rate: The least success rate that passes, 0 to 1; None if every run must succeed, or the
            area decides.
        partial: Why the session is not the whole suite, for example `("-k smoke",)`; empty if it is.
        deselected: Runs of the suite that are not part of a partial session; None if unknown.
        interrupted: Whether the session was ended early.
        robustness: The least area under a robustness curve, 0 to 1; None if it could not be measured.
        min_robustness: The least area that passes, 0 to 1; None if it is no criterion.
        attempts: How often the runs were played; it decides nothing, and is reported.
        results: The result of each run that has one, for criteria that look at more than counts.
        criteria: Name to value of further criteria, extensions of the kind `criterion`.
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
    results: Sequence[PAREScenarioValidationResult] = ()
    criteria: Mapping[str, Any] = field(default_factory=dict)

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
        """The number of runs in the success rate."""
        return sum(getattr(self, name) for name in _COUNTED)

    @property
    def success_rate(self) -> Fraction | None:
        """The exact success rate; None if there is no run."""
        return Fraction(self.success, self.runs) if self.runs else None


@dataclass(frozen=True)
class VerdictPart:
    """The verdict of one criterion.

    Attributes:
        reason: Why the session does not pass; None if it does.
        line: What the criterion expected and got, for a terminal; None if there is nothing to say.
    """

    reason: str | None = None
    line: str | None = None


Criterion = Callable[[GateInput, Any], VerdictPart]
"""Judges a session by the outcomes and the value that a suite sets for the criterion."""


@dataclass(frozen=True)
class Verdict:
    """The gate's verdict.

    Attributes:
        given: The outcomes that were judged.
        passed: Whether the session passes.
        reasons: Why the session does not pass; empty if it does.
        lines: The verdict and why, for a terminal.
    """

    given: GateInput
    passed: bool
    reasons: tuple[str, ...]
    lines: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as builtins for JSON."""
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

    A session passes if at least one of its runs was judged, each run has a result, no criterion is missed, and it was
    not interrupted. Without a rate and an area, every run must succeed. A partial session can pass; its verdict says
    that it is partial.
    """
    criteria = _criteria(given)
    parts = {name: _judge(name, given, value) for name, value in criteria.items()}
    reasons = [part.reason for name, part in parts.items() if part.reason is not None]
    if not given.success + given.failed:
        # Without a judged run, the success rate has no meaning.
        missed = parts["min_success_rate"].reason if "min_success_rate" in parts else None
        reasons = ["no run was judged", *(reason for reason in reasons if reason != missed)]
    if given.no_result:
        verb = "has" if given.no_result == 1 else "have"
        reasons.append(f"{plural(given.no_result, 'run')} {verb} no result")
    if given.interrupted:
        reasons.append("the session was interrupted")
    return Verdict(given, not reasons, tuple(reasons), tuple(_lines(given, reasons, parts)))


def _criteria(given: GateInput) -> dict[str, Any]:
    """Return name and value of the criteria that decide; every run must succeed without a rate and an area."""
    known = {"min_success_rate": given.min_success_rate, "robustness": given.min_robustness}
    chosen = {**{name: value for name, value in known.items() if value is not None}, **given.criteria}
    return chosen if {*known} & {*chosen} else {"min_success_rate": 1, **chosen}


def success_rate(given: GateInput, value: float) -> VerdictPart:
    """Judge a session by its success rate, which is on the first line of every verdict."""
    rate = given.success_rate
    return VerdictPart(_TOO_FEW if rate is not None and rate < as_written(value) else None)


def robustness(given: GateInput, value: float) -> VerdictPart:
    """Judge a session by the least area under a robustness curve."""
    if given.robustness is None:
        return VerdictPart(_NO_CURVE)
    needed, decimals = as_written(value), decimals_of(value)
    is_low = given.robustness < needed
    shown = rounded(given.robustness, decimals, needed, Fraction(1))
    line = f"robustness{' too low' * is_low}: area {shown}, {rounded(needed, decimals)} needed"
    return VerdictPart(_TOO_FRAGILE if is_low else None, line)


def _judge(name: str, given: GateInput, value: Any) -> VerdictPart:
    # A broken extension must not leave the session without a verdict.
    try:
        part = named("criterion")[name].load()(given, value)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - code of others may raise anything, also `pytest.fail`
        reason = error_text(error)
        return VerdictPart(f"the criterion {name} raised {reason}")
    if not isinstance(part, VerdictPart):
        return VerdictPart(f"the criterion {name} must return a VerdictPart, got {type(part).__name__}")
    for field_name, text in (("reason", part.reason), ("line", part.line)):
        if text is not None and not (isinstance(text, str) and text.strip()):
            got = "an empty text" if isinstance(text, str) else type(text).__name__
            return VerdictPart(
                f"the criterion {name} must return a VerdictPart whose {field_name} is a text or None, got {got}"
            )
    return part


def _lines(given: GateInput, reasons: list[str], parts: Mapping[str, VerdictPart]) -> list[str]:
    line = f"gate {_word(not reasons)}: {given.success} of {plural(given.runs, 'run')} succeeded"
    value, decimals = given.min_success_rate, decimals_of(given.min_success_rate)
    needed = as_written(1 if value is None and "min_success_rate" in parts else value or 0)
    if given.success_rate is not None:
        line += f" ({_percent(given.success_rate, needed, decimals)})"
    if value is not None:
        line += f", {_percent(needed, needed, decimals)} needed"
    elif "min_success_rate" in parts:
        line += ", every run must succeed (no rate set)"
    lines = [
        line + _listing(": ", given, _COUNTED[1:]),
        *(part.line for part in parts.values() if part.line is not None),
    ]
    # The lines above show what these criteria got.
    shown = {_TOO_FEW, *(part.reason for part in parts.values() if part.line is not None)}
    if others := [reason for reason in reasons if reason not in shown]:
        lines.append(f"cannot pass: {'; '.join(others)}")
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


def _word(passed: bool) -> str:
    return "PASS" if passed else "FAIL"


def _listing(prefix: str, given: GateInput, names: tuple[str, ...]) -> str:
    counts = [(getattr(given, name), name.replace("_", " ")) for name in names]
    shown = [plural(count, name) if name == "exception" else f"{count} {name}" for count, name in counts if count]
    return prefix + ", ".join(shown) if shown else ""


def _percent(rate: Fraction, needed: Fraction, decimals: int) -> str:
    return rounded(100 * rate, decimals - 2, 100 * needed, Fraction(100)) + " %"
