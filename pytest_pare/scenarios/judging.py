"""The judge in `validate`: `self.judge(claim)` asks it, and keeps what it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_pare.judge.judgement import NOT_ASKED, Judgement
from pytest_pare.scenarios.evidence import evidence_of, evidence_text

if TYPE_CHECKING:
    from collections.abc import Callable

_REFERENCE = "the reference is taken to be right"


@dataclass
class Judging:
    """The judge of a run, while the run is validated.

    Attributes:
        env: The environment of the run.
        ask: Returns the judge's answer to a claim and its evidence, `None` for one that cannot be read, and the reason;
            `None` for no judge.
        decides: Whether its answers may decide on success.
        is_alone: Whether they alone do.
        is_reference: Whether the reference is played without a judge, so that every claim holds.
        why_not_asked: Why there is no judge.
        error: The error of the judge, which ends the run even if the scenario catches it.
        made: The judgements, in order.
    """

    env: Any
    ask: Callable[[str, str], tuple[bool | None, str]] | None = None
    decides: bool = False
    is_alone: bool = False
    is_reference: bool = False
    why_not_asked: str = NOT_ASKED
    error: Exception | None = None
    made: list[Judgement] = field(default_factory=list)

    def judge(self, claim: str, evidence: object) -> Judgement:
        """Return the judgement on a claim.

        Args:
            claim: The claim.
            evidence: As for `PAREScenario.judge`.
        """
        if self.is_reference:
            judgement = Judgement(claim, True, _REFERENCE, asked=False, decides=True, is_alone=self.is_alone)
        elif self.ask is None:
            judgement = Judgement(claim, None, self.why_not_asked, asked=False, decides=False, is_alone=self.is_alone)
        else:
            text = evidence_of(self.env) if evidence is None else evidence_text(evidence)
            answer, reason = self.ask(claim, text)
            judgement = Judgement(claim, answer, reason, asked=True, decides=self.decides, is_alone=self.is_alone)
        self.made.append(judgement)
        return judgement


def judgement_of(judging: Judging | None, claim: object, evidence: object) -> Judgement:
    """Return the judgement on a claim.

    Args:
        judging: The judge of the run; `None` outside of one.
        claim: The claim.
        evidence: As for `PAREScenario.judge`.

    Raises:
        TypeError: If the claim is no text.
    """
    if not isinstance(claim, str) or not claim.strip():
        raise TypeError(f"judge(claim): expected a sentence, got {claim!r:.60}")
    if judging is None:
        return Judgement(claim, None, "the scenario is not validated in a run", asked=False, decides=False)
    return judging.judge(claim, evidence)
