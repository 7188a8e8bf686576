"""What the gate judges: the outcomes of a session, and the criteria of its suite.

Importing this module is fast.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, Literal

from pytest_pare.results.attempts import Attempts
from pytest_pare.results.run_set import LEFT_OUT
from pytest_pare.results.usage import Known

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_pare.inference.intervals import Interval
    from pytest_pare.results.comparison import Comparison
    from pytest_pare.results.validation_result import PAREScenarioValidationResult

COUNTED: Final = ("success", "failed", "exception", "no_validation", "no_result")
KINDS: Final = (*COUNTED, *LEFT_OUT)
"""The kinds of outcomes."""


# Criteria whose values are from 0 to 1.
_RATES: Final = ("min_success_rate", "robustness")


@dataclass(frozen=True)
class GateInput:
    """The outcomes of a session, and the values of the gate's criteria.

    The success rate is `success` divided by the sum of the first five counts, so a run with an exception, without a
    verdict or without a result counts like a failed one. Skipped runs, expected failures and runs that were not needed
    are left out, and with `gate.user_faults: leave_out` failed runs in which the simulated user failed.

    Attributes:
        success: Runs that the validator accepted.
        failed: Runs that the validator rejected.
        exception: Runs that ended with an exception.
        no_validation: Runs that ended without a verdict of the validator.
        no_result: Runs that were selected and have no result, because of a crash or an early end of the session.
        skipped: Runs that were skipped.
        xfailed: Runs that were expected to fail, and did.
        not_needed: Runs that were not begun, because the comparison was decided without them.
        user_fault: Failed runs in which the simulated user failed, if the suite leaves them out.
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
    user_fault: int = 0
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
        return sum(getattr(self, name) for name in COUNTED)

    @property
    def success_rate(self) -> Fraction | None:
        """The exact success rate; None if there is no run."""
        return Fraction(self.success, self.runs) if self.runs else None

    @property
    def success_interval(self) -> Interval | None:
        """The 95 % interval of the success rate, 0 to 1; None without runs whose scenario is known.

        Runs of one scenario belong together, also those of several variants.
        """
        # numpy takes time to import.
        from pytest_pare.inference.intervals import rate_interval

        scenarios: dict[str, list[str]] = {}
        for name, kinds in self.outcomes.items():
            counted = [kind for kind in kinds if kind in COUNTED]
            scenarios.setdefault(name.partition("[")[0], []).extend(counted)
        runs = scenarios.values()
        return rate_interval([kinds.count("success") for kinds in runs], list(map(len, runs))) if scenarios else None


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
