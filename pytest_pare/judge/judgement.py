"""`Judgement`: what the judge says of a claim, and whether that may decide on success."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_pare.base.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Sequence

NOT_ASKED = "there is no judge: set judge_engine_config (in a suite, runner.judge_engine_config)"
NOT_CALIBRATED = "the judge is not calibrated: set judge.calibration in the suite (pytest-pare judge calibrate)"


class NoJudgement(Exception):  # noqa: N818 - it is no error: the run has no verdict
    """A verdict needs a judgement that there is not: the run has no verdict."""


@dataclass(frozen=True)
class Judgement:
    """What the judge says of a claim. As a condition, it is true if the claim holds.

    It decides on the success of a run only if the judge is calibrated. `bool(judgement)` raises `NoJudgement` if it
    decides nothing, and the run has no verdict then.

    Attributes:
        claim: The claim.
        answer: The judge's own answer, true in a reference check; `None` if it gave none that could be read, or was not
            asked.
        reason: Its reason, or why there is no answer.
        asked: Whether the judge was asked.
        decides: Whether the answer may decide on success: the judge is calibrated, or plays the reference.
        is_alone: Whether judgements alone decide, `judge_only`: then it is no part of the scenario's own verdict.
    """

    claim: str
    answer: bool | None
    reason: str
    asked: bool
    decides: bool
    is_alone: bool = False

    @property
    def holds(self) -> bool | None:
        """Whether the claim holds; `None` if there is no answer that may decide on success."""
        return self.answer if self.decides else None

    def __bool__(self) -> bool:
        if self.holds is None:
            raise NoJudgement(self.no_verdict or self.abstains or self.reason)
        return self.holds

    @property
    def abstains(self) -> str | None:
        """Why a verdict leaves this judgement out; `None` if it does not."""
        if not self.asked and self.answer is None:
            return f"the claim {self._claim} was not judged: {self.reason}"
        if self.is_alone:
            return f"the claim {self._claim} is judged apart, by judge_only"
        return None if self.decides else f"the claim {self._claim} decides nothing: {NOT_CALIBRATED}"

    @property
    def no_verdict(self) -> str | None:
        """Why a verdict that depends on this judgement has no result; `None` if it has one."""
        if self.abstains is not None or self.answer is not None:
            return None
        return f"the judge gave no answer that can be read to the claim {self._claim}: {self.reason}"

    def failure(self, env: object = None) -> str | None:
        """Return why the run does not match, or `None`: the protocol of matchers."""
        del env
        if self.abstains is not None or self.answer is not False:
            return None
        return self.rejection

    @property
    def rejection(self) -> str:
        """The failure text of a claim that does not hold."""
        return f"the judge: the claim {self._claim} does not hold: {redacted(self.reason)}"

    @property
    def _claim(self) -> str:
        return repr(redacted(self.claim))

    def to_record(self) -> dict[str, Any]:
        """Return the judgement as builtins."""
        return {
            "claim": self.claim,
            "holds": self.answer,
            "reason": self.reason,
            "asked": self.asked,
            "decides": self.decides,
        }


def conclusion(judgements: Sequence[Judgement]) -> tuple[bool | None, str | None]:
    """Return success and rationale of a run on which the judge alone decides: every claim must hold.

    Args:
        judgements: The judgements of the run.
    """
    if not judgements:
        return None, "judge_only: the scenario has no claim for the judge"
    rejected = [one.rejection for one in judgements if one.answer is False]
    if rejected:
        return False, "; ".join(rejected)
    without = [one for one in judgements if one.answer is None]
    if without:
        return None, "; ".join(f"no judgement on the claim {one._claim}: {one.reason}" for one in without)
    return True, None
