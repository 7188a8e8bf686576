"""`Comparison`: a session against a baseline, and what it says of each variant.

`pairing.compare` makes it. Importing this module is fast.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from pytest_pare.results.run_set import ComparedRun, RunSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_pare.inference.decision import Decision, Word

__all__ = [
    "CategoryShare",
    "ComparedRun",
    "Comparison",
    "FigureChange",
    "RunSet",
    "ScenarioChange",
    "VariantComparison",
    "worst",
]

_BY_GRAVITY: Final = ("PASS", "SHARD", "INCONCLUSIVE", "FAIL")

W = TypeVar("W", bound=str)


def worst(words: Sequence[W]) -> W | Literal["PASS"]:
    """Return the gravest of several verdicts: FAIL before INCONCLUSIVE before PASS; PASS if there is none."""
    return max(words, key=_BY_GRAVITY.index, default="PASS")


@dataclass(frozen=True)
class ScenarioChange:
    """The runs of one scenario in baseline and session.

    Attributes:
        scenario_id: The scenario.
        successes_before: Successes in the baseline.
        runs_before: Runs in the baseline, at least one.
        successes_now: Successes in the session.
        runs_now: Runs in the session, at least one.
        lost: Runs that failed here, and succeeded under the same number in the baseline.
        gained: Runs that succeeded here, and failed under the same number in the baseline.
        p_value: That of Fisher's exact test (two-sided), corrected by Holm for the scenarios of the variant.
    """

    scenario_id: str
    successes_before: int
    runs_before: int
    successes_now: int
    runs_now: int
    lost: int
    gained: int
    p_value: float

    @property
    def difference(self) -> float:
        """The success rate in the session minus that in the baseline, -1 to 1."""
        return self.successes_now / self.runs_now - self.successes_before / self.runs_before

    @property
    def is_significant(self) -> bool:
        """Whether the test rejects at 5 % that both rates are the same."""
        return self.p_value <= 0.05

    @property
    def is_flaky(self) -> bool:
        """Whether some runs of the session succeeded, and others did not."""
        return 0 < self.successes_now < self.runs_now

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as builtins for JSON."""
        return {**vars(self), "difference": self.difference, "significant": self.is_significant, "flaky": self.is_flaky}


@dataclass(frozen=True)
class CategoryShare:
    """How often runs did not succeed for one reason.

    Attributes:
        category: The reason, see `category_of`.
        before: Share of the runs of the baseline, 0 to 1.
        now: Share of the runs of the session, 0 to 1.
    """

    category: str
    before: float
    now: float


@dataclass(frozen=True)
class FigureChange:
    """The mean of a figure over the runs that report it.

    Attributes:
        before: In the baseline; None if no run reports it.
        now: In the session; None if no run reports it.
    """

    before: float | None
    now: float | None


@dataclass(frozen=True)
class VariantComparison:
    """The comparison of one variant.

    Attributes:
        variant: The variant; empty without any.
        decision: The difference with its interval, the tests, and the verdict; p-values are corrected by Holm for the
            number of variants.
        runs_before: Compared runs of the baseline.
        runs_now: Compared runs of the session.
        scenarios: The compared scenarios, sorted by id.
        drift: The categories of runs without success, those with the largest change first.
        cost: US dollars a run.
        tokens: Tokens a run.
        turns: Turns a run.
    """

    variant: str
    decision: Decision
    runs_before: int
    runs_now: int
    scenarios: tuple[ScenarioChange, ...]
    drift: tuple[CategoryShare, ...]
    cost: FigureChange
    tokens: FigureChange
    turns: FigureChange

    @property
    def verdict(self) -> Word:
        """The verdict on the variant."""
        return self.decision.verdict

    @property
    def worse(self) -> tuple[ScenarioChange, ...]:
        """The scenarios with significantly less successes, the largest drop first."""
        return _largest(one for one in self.scenarios if one.is_significant and one.difference < 0)

    @property
    def better(self) -> tuple[ScenarioChange, ...]:
        """The scenarios with significantly more successes, the largest gain first."""
        return _largest(one for one in self.scenarios if one.is_significant and one.difference > 0)

    @property
    def not_significant(self) -> tuple[ScenarioChange, ...]:
        """The scenarios whose rate differs, but not significantly; the largest change first."""
        return _largest(one for one in self.scenarios if not one.is_significant and one.difference)

    @property
    def drops(self) -> tuple[ScenarioChange, ...]:
        """The scenarios to look at: those that are `worse`, and if the verdict is FAIL, all with less successes."""
        others = self.not_significant if self.verdict == "FAIL" else ()
        return (*self.worse, *(one for one in others if one.difference < 0))

    @property
    def flaky(self) -> tuple[ScenarioChange, ...]:
        """The scenarios of which some runs of the session succeeded, and others did not."""
        return tuple(one for one in self.scenarios if one.is_flaky)

    @property
    def flips(self) -> Counter[str]:
        """The number of runs whose outcome differs from that of the same number in the baseline: lost and gained."""
        return Counter(lost=sum(one.lost for one in self.scenarios), gained=sum(one.gained for one in self.scenarios))

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as builtins for JSON."""
        decision = self.decision
        return {
            "variant": self.variant,
            "verdict": self.verdict,
            "difference": decision.difference,
            "interval": [decision.interval.low, decision.interval.high],
            "p_drop": decision.p_drop,
            "p_margin": decision.p_margin,
            "method": decision.method,
            "further_runs": decision.further_runs,
            "further_runs_of_both": decision.further_runs_of_both,
            "smallest_drop": decision.smallest_drop,
            "runs_before": self.runs_before,
            "runs_now": self.runs_now,
            **{name: vars(getattr(self, name)) for name in ("cost", "tokens", "turns")},
            "drift": [vars(one) for one in self.drift],
            "flips": dict(self.flips),
            "scenarios": [one.to_dict() for one in self.scenarios],
        }


@dataclass(frozen=True)
class Comparison:
    """A session compared with a baseline.

    Attributes:
        baseline: Name of the baseline.
        baseline_agent: Version of the agent in the baseline; None if unknown.
        agent: Version of the agent in the session; None if unknown.
        max_regression: The drop that the session must exclude, 0 to 1.
        verdict: The gravest verdict of the variants; FAIL if nothing could be compared, and at least INCONCLUSIVE if
            a variant of the session could not.
        reasons: Why the verdict is not PASS; empty if it is.
        variants: The variants that were compared, in the order of their names.
        not_compared: Variant of the session that could not be compared, to the reason.
        absent: Variants of the baseline alone.
        added: Scenarios of the session alone, and those of which the baseline has no run that counts.
        removed: Scenarios of the baseline alone.
        edited: Scenarios whose source differs.
        infrastructure: Runs of the session that infrastructure ended. They say nothing about the agent.
        no_result: Runs of the session that have no result for another reason, as those that have not begun.
        warnings: What makes the comparison less reliable, a sentence each.
    """

    baseline: str
    baseline_agent: str | None
    agent: str | None
    max_regression: float
    verdict: Word
    reasons: tuple[str, ...]
    variants: tuple[VariantComparison, ...]
    not_compared: dict[str, str]
    absent: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    edited: tuple[str, ...]
    infrastructure: int
    no_result: int
    warnings: tuple[str, ...]

    @property
    def is_decided(self) -> bool:
        """Whether runs were compared, and the verdict on them is PASS or FAIL."""
        return bool(self.variants) and self.verdict != "INCONCLUSIVE"

    @property
    def further_runs(self) -> int | None:
        """The number of further runs that would settle each inconclusive variant; None if no number is known."""
        open_ones = [one.decision.further_runs for one in self.variants if one.verdict == "INCONCLUSIVE"]
        known = [runs for runs in open_ones if runs is not None]
        return sum(known) if known and len(known) == len(open_ones) else None

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as builtins for JSON."""
        return {
            **{name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()},
            "variants": [one.to_dict() for one in self.variants],
            "further_runs": self.further_runs,
        }

    def _repr_html_(self) -> str:
        """Return the comparison as HTML for a notebook."""
        from pytest_pare.results.notebook import comparison_html

        return comparison_html(self.to_dict())


def _largest(changes: Iterable[ScenarioChange]) -> tuple[ScenarioChange, ...]:
    return tuple(sorted(changes, key=lambda one: (-abs(one.difference), one.scenario_id)))
