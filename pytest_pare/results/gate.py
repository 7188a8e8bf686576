"""The gate: turns the outcomes of a session into its verdict.

Importing this module is fast.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, Literal

from pytest_pare.base.extensions import named
from pytest_pare.base.serialization import error_text
from pytest_pare.results.attempts import Attempts
from pytest_pare.results.run_set import LEFT_OUT
from pytest_pare.results.text import as_written, decimals_of, percent, plural
from pytest_pare.results.usage import Known

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_pare.inference.decision import Word
    from pytest_pare.results.comparison import Comparison
    from pytest_pare.results.validation_result import PAREScenarioValidationResult

_COUNTED: Final = ("success", "failed", "exception", "no_validation", "no_result")
KINDS: Final = (*_COUNTED, *LEFT_OUT)
"""The kinds of outcomes."""

# Criteria that say how many runs must succeed. Without any of them, every run must.
_OF_SUCCESS: Final = ("min_success_rate", "robustness", "min_pass_hat_k", "max_regression")
# Criteria whose values are from 0 to 1.
_RATES: Final = ("min_success_rate", "robustness")
_VERB: Final = {"pass": "passes", "fail": "fails"}


@dataclass(frozen=True)
class GateInput:
    """The outcomes of a session, and the values of the gate's criteria.

    The success rate is `success` divided by the sum of the first five counts, so a run with an exception, without a
    verdict or without a result counts like a failed one. Skipped runs, expected failures and runs that were not needed
    are left out.

    Attributes:
        success: Runs that the validator accepted.
        failed: Runs that the validator rejected.
        exception: Runs that ended with an exception.
        no_validation: Runs that ended without a verdict of the validator.
        no_result: Runs that were selected and have no result, because of a crash or an early end of the session.
        skipped: Runs that were skipped.
        xfailed: Runs that were expected to fail, and did.
        not_needed: Runs that were not begun, because the comparison was decided without them.
        partial: Why the session is not the whole suite, for example `("-k smoke",)`; empty if it is.
        deselected: Runs of the suite that are not part of a partial session; None if unknown.
        interrupted: Whether the session was ended early.
        robustness: The least area under a robustness curve, 0 to 1; None if it could not be measured.
        comparison: The comparison with the baseline; None without one.
        cost: The cost in US dollars of the attempts at the runs; its `runs` are the attempts that called a model.
        attempts: How often the runs were played; it decides nothing, and is reported.
        results: The result of each run that has one, for criteria that look at more than counts.
        outcomes: The outcomes of the runs of each scenario, by its id, or its id and variant.
        criteria: Name to value of the criteria that the suite sets, built-in ones and extensions.
        inconclusive: Whether a session passes whose comparison is inconclusive.
        shard: The shard that the session ran, such as `2/5`; None for the whole suite. A shard has no verdict.
    """

    success: int = 0
    failed: int = 0
    exception: int = 0
    no_validation: int = 0
    no_result: int = 0
    skipped: int = 0
    xfailed: int = 0
    not_needed: int = 0
    partial: tuple[str, ...] = ()
    deselected: int | None = None
    interrupted: bool = False
    robustness: Fraction | None = None
    comparison: Comparison | None = None
    cost: Known = field(default_factory=lambda: Known.of(()))
    attempts: Attempts = field(default_factory=Attempts)
    results: Sequence[PAREScenarioValidationResult] = ()
    outcomes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    criteria: Mapping[str, Any] = field(default_factory=dict)
    inconclusive: Literal["pass", "fail"] = "pass"
    shard: str | None = None

    def __post_init__(self) -> None:
        for name in KINDS:
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative: {getattr(self, name)}")
        if self.robustness is not None and not 0 <= self.robustness <= 1:
            raise ValueError(f"robustness must be from 0 to 1: {self.robustness}")
        for name in _RATES:
            # A comparison with NaN is false, so this refuses it as well.
            if name in self.criteria and not 0 <= self.criteria[name] <= 1:
                raise ValueError(f"the criterion {name} must be from 0 to 1: {self.criteria[name]}")

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
        line: What the criterion expected and got, for a terminal; it may have several lines. None if there is nothing
            to say.
        got: The figure that was judged, for JSON; None if there is none.
        inconclusive: Whether there is a reason because the runs are too few to decide.
    """

    reason: str | None = None
    line: str | None = None
    got: float | None = None
    inconclusive: bool = False


Criterion = Callable[[GateInput, Any], VerdictPart]
"""Judges a session by the outcomes and the value that a suite sets for the criterion."""


@dataclass(frozen=True)
class Verdict:
    """The gate's verdict.

    Attributes:
        given: The outcomes that were judged.
        word: PASS, FAIL or INCONCLUSIVE; SHARD for a part of a session, whose runs are judged with the others.
        reasons: Why it is not PASS; empty if it is.
        criteria: Name to value of the criteria that decided.
        parts: Name to the verdict of each of them.
    """

    given: GateInput
    word: Word | Literal["SHARD"]
    reasons: tuple[str, ...]
    criteria: Mapping[str, Any]
    parts: Mapping[str, VerdictPart]

    @property
    def passed(self) -> bool:
        """Whether the session passes. If the verdict is inconclusive, the suite decides that."""
        return self.word == "PASS" or (self.word == "INCONCLUSIVE" and self.given.inconclusive == "pass")

    @property
    def fails(self) -> bool:
        """Whether the session ends with the exit status 1."""
        return not self.passed and self.word != "SHARD"

    @property
    def lines(self) -> tuple[str, ...]:
        """The verdict and why, for a terminal."""
        return tuple(_lines(self))

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as builtins for JSON."""
        given = self.given
        rate = given.success_rate
        return {
            "verdict": self.word,
            "passed": self.passed,
            "reasons": list(self.reasons),
            "success_rate": None if rate is None else float(rate),
            "min_success_rate": given.criteria.get("min_success_rate"),
            "robustness": None if given.robustness is None else float(given.robustness),
            "min_robustness": given.criteria.get("robustness"),
            "criteria": {
                name: {"value": self.criteria[name], "got": part.got, "reason": part.reason}
                for name, part in self.parts.items()
            },
            "runs": given.runs,
            "counts": {name: getattr(given, name) for name in KINDS},
            "partial": list(given.partial),
            "deselected": given.deselected,
            "interrupted": given.interrupted,
            "comparison": None if given.comparison is None else given.comparison.to_dict(),
            "lines": list(self.lines),
        }


def evaluate_gate(given: GateInput) -> Verdict:
    """Return the verdict on a session.

    A session passes if at least one of its runs was judged, each run has a result, no criterion is missed, and it was
    not interrupted. Every run must succeed if no criterion says how many must. A partial session can pass; its verdict
    says that it is partial.
    """
    criteria = dict(given.criteria) if given.shard is None else {}
    if given.shard is None and not any(name in criteria for name in _OF_SUCCESS):
        criteria = {"min_success_rate": 1, **criteria}
    parts = {name: _judge(name, given, value) for name, value in criteria.items()}
    missed = [part for part in parts.values() if part.reason is not None and not part.inconclusive]
    if given.shard is None and not given.success + given.failed:
        # Without a judged run, the success rate has no meaning.
        missed = [VerdictPart("no run was judged"), *(part for part in missed if part is not parts.get(_RATES[0]))]
    if given.no_result:
        verb = "has" if given.no_result == 1 else "have"
        missed.append(VerdictPart(f"{plural(given.no_result, 'run')} {verb} no result"))
    if given.interrupted:
        missed.append(VerdictPart("the session was interrupted"))
    undecided = [part for part in parts.values() if part.reason is not None and part.inconclusive]
    of_whole: Word | Literal["SHARD"] = "SHARD" if given.shard is not None else "PASS"
    word = "FAIL" if missed else "INCONCLUSIVE" if undecided else of_whole
    reasons = tuple(part.reason for part in (*missed, *undecided) if part.reason is not None)
    return Verdict(given, word, reasons, criteria, parts)


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
    if part.got is not None and not (isinstance(part.got, int | float) and isfinite(part.got)):
        return VerdictPart(f"the criterion {name} must return a VerdictPart whose got is a finite number or None")
    return part


def _first_line(verdict: Verdict) -> str:
    given = verdict.given
    line = f"gate {verdict.word}: {given.success} of {plural(given.runs, 'run')} succeeded"
    value = given.criteria.get("min_success_rate")
    needed = as_written(1 if value is None and "min_success_rate" in verdict.parts else value or 0)
    if given.success_rate is not None:
        line += f" ({percent(given.success_rate, needed, decimals_of(value))})"
    if value is not None:
        line += f", {percent(needed, needed, decimals_of(value))} needed"
    elif "min_success_rate" in verdict.parts:
        line += ", every run must succeed (no rate set)"
    if given.shard is not None:
        line += f", shard {given.shard}"
    return line + _listing(": ", given, _COUNTED[1:])


def _lines(verdict: Verdict) -> list[str]:
    given, parts = verdict.given, verdict.parts
    lines = [_first_line(verdict)]
    for part in parts.values():
        lines += [] if part.line is None else part.line.splitlines()
    # The lines above show what these criteria got.
    shown = {part.reason for name, part in parts.items() if part.line is not None or name == "min_success_rate"}
    if others := [reason for reason in verdict.reasons if reason not in shown]:
        lines.append(f"cannot pass: {'; '.join(others)}")
    if verdict.word == "SHARD":
        lines.append("a shard has no verdict; pytest-pare merge joins the ledgers of all shards, and judges them")
    if verdict.word == "INCONCLUSIVE":
        lines.append(f"an inconclusive verdict {_VERB[given.inconclusive]} (gate.inconclusive: {given.inconclusive})")
    if warning := given.attempts.warning():
        lines.append(warning)
    if left_out := _listing("not counted: ", given, LEFT_OUT):
        lines.append(left_out)
    if given.partial:
        partial = f"partial session ({', '.join(given.partial)})"
        if given.deselected is not None:
            selected = given.runs + sum(getattr(given, name) for name in LEFT_OUT)
            partial += f": {selected} of {plural(selected + given.deselected, 'run')} selected"
        lines.append(partial)
    return lines


def _listing(prefix: str, given: GateInput, names: tuple[str, ...]) -> str:
    counts = [(getattr(given, name), name.replace("_", " ")) for name in names]
    shown = [plural(count, name) if name == "exception" else f"{count} {name}" for count, name in counts if count]
    return prefix + ", ".join(shown) if shown else ""
