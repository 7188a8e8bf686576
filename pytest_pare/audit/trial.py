"""The result of a case that was played, as plain values that travel between processes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Self

ATTRIBUTE: Final = "pare_audit"
"""The attribute of a report of pytest with the values of a trial."""


class Outcome(StrEnum):
    """What a validator said about a case."""

    REJECTED = "rejected"
    ACCEPTED = "accepted"
    RAISED = "raised"
    VOID = "void"
    UNPLAYABLE = "unplayable"


class Status(StrEnum):
    """What the outcome of a case means."""

    RIGHT = "right"
    SURVIVED = "survived"
    REFUSED = "refused"
    RAISED = "raised"
    VOID = "void"
    UNPLAYABLE = "unplayable"
    APART = "apart"
    EXCUSED = "excused"
    BAD_EXCUSE = "bad excuse"


@dataclass(frozen=True)
class Trial:
    """A case that was played.

    Attributes:
        scenario_id: The id of the scenario.
        case_id: The id of the case.
        group: The class of the mutant, or the kind of the alternative.
        change: What was changed.
        is_alternative: Whether the changed run is right.
        counts: Whether the case counts for the score.
        outcome: What the validator said.
        said: The validator's reason, or its error; why a case cannot be played.
        excuse: The reason why the scenario takes the case out of the count; empty if it does not.
    """

    scenario_id: str
    case_id: str
    group: str
    change: str
    is_alternative: bool
    counts: bool
    outcome: str
    said: str
    excuse: str = ""

    @property
    def is_judged_rightly(self) -> bool:
        """Whether the validator said what it must say."""
        return self.outcome == (Outcome.ACCEPTED if self.is_alternative else Outcome.REJECTED)

    @property
    def status(self) -> Status:
        """What the outcome means."""
        if self.outcome in (Outcome.VOID, Outcome.UNPLAYABLE):
            return Status(self.outcome)
        is_wrong = not self.is_judged_rightly
        if self.excuse:
            return Status.EXCUSED if is_wrong and self.counts else Status.BAD_EXCUSE
        if not self.counts:
            return Status.APART
        if not is_wrong:
            return Status.RIGHT
        if self.outcome == Outcome.RAISED:
            return Status.RAISED
        return Status.REFUSED if self.is_alternative else Status.SURVIVED

    @property
    def is_misjudged(self) -> bool:
        """Whether the validator did not say what it must say."""
        return self.status in (Status.SURVIVED, Status.REFUSED, Status.RAISED)

    @property
    def fails(self) -> bool:
        """Whether something must be mended."""
        return self.is_misjudged or self.status is Status.BAD_EXCUSE

    def to_dict(self) -> dict[str, Any]:
        """Return the values by name."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Return the trial with the values of `to_dict`."""
        return cls(**values)
