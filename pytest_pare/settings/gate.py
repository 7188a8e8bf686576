"""The section `gate` of a suite file: the conditions that a session must meet."""

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, field_validator
from pydantic_core import PydanticCustomError

from pytest_pare.base.extensions import BUILT_IN
from pytest_pare.scenarios.fields import Count, FilePath, Name, Probability, Value, Weight, only_extensions

REFERENCES: Final = ("git:", "session:")
"""How values of `gate.baseline` begin that are no path."""


def _hint_at_percent(rate: object) -> object:
    if isinstance(rate, int | float) and 1 < rate <= 100:
        raise PydanticCustomError(
            "percent",
            "must be a fraction from 0 to 1, got {rate}; write {fraction} for {rate} %",
            {"rate": f"{rate:g}", "fraction": f"{rate / 100:g}"},
        )
    return rate


_Share = Annotated[Probability, BeforeValidator(_hint_at_percent)]


class PassHatK(Value):
    """The least Pass^k that passes."""

    k: int = Field(ge=1, description="Runs of a scenario that must all succeed.")
    rate: _Share = Field(description="Lowest probability of that, as a mean over scenarios, a fraction from 0 to 1.")


class Gate(Value):
    """The conditions that a session must meet."""

    min_success_rate: _Share | None = Field(
        default=None, description="Lowest share of runs that must succeed, a fraction from 0 to 1; null sets no gate."
    )
    baseline: FilePath | None = Field(
        default=None,
        description="Baseline to compare with: a file of `pytest-pare accept`, relative to the suite file; `git:REF` "
        "for the suite's file in a commit; `session:ID` for an earlier session. null compares with none.",
    )
    max_regression: Annotated[float, Field(gt=0, le=1), BeforeValidator(_hint_at_percent)] = Field(
        default=0.1,
        description="Drop of the success rate below the baseline that must not pass, a fraction above 0 up to 1; "
        "without effect if there is no baseline.",
    )
    inconclusive: Literal["pass", "fail"] = Field(
        default="pass", description="Whether a session passes that has too few runs to exclude that drop."
    )
    min_pass_hat_k: PassHatK | None = Field(
        default=None,
        description="Lowest probability that k runs of a scenario all succeed (Pass^k); null sets no gate.",
    )
    min_acceptance_rate: _Share | None = Field(
        default=None,
        description="Lowest share of proposals that the user accepts, a fraction from 0 to 1; null sets no gate.",
    )
    max_proposal_rate: Weight | None = Field(
        default=None, description="Largest number of proposals per turn; null sets no gate."
    )
    max_writes_without_consent: Count | None = Field(
        default=None,
        description="Largest number of writes without an accepted proposal, in all runs; null sets no gate.",
    )
    max_exceptions: Count | None = Field(
        default=None, description="Largest number of runs that end with an exception; null sets no gate."
    )
    max_cost: Weight | None = Field(
        default=None,
        description="Largest cost of all attempts in US dollars; a session whose cost is unknown fails. null sets no "
        "gate.",
    )
    robustness: _Share | None = Field(
        default=None,
        description="Lowest area under the robustness curve of a sweep, a fraction from 0 to 1; null sets no gate.",
    )
    min_audit_score: _Share | None = Field(
        default=None,
        description="Lowest share of mutants that the validators must reject, and of alternatives that they must "
        "accept, in a session with `--pare-audit`, a fraction from 0 to 1; null requires all. Without effect in other "
        "sessions.",
    )
    criteria: dict[Name, Any] = Field(
        default={}, description="Criteria of extensions: name to the value that the criterion gets."
    )
    user_faults: Literal["count", "leave_out"] = Field(
        default="count",
        description="Whether a failed run in which the simulated user failed counts as failed, or is left out of the "
        "success rate and of comparisons.",
    )
    reruns: Literal["first", "last"] = Field(
        default="first",
        description="Which attempt counts if a plugin repeats a failed run. An attempt that infrastructure ended "
        "counts only if it is the last.",
    )

    @property
    def values(self) -> dict[str, Any]:
        """The values of the criteria that decide, by their names, as builtins."""
        own = self.model_dump(include=set(BUILT_IN["criterion"]), exclude_none=True)
        if self.baseline is None:
            del own["max_regression"]
        return {name: own[name] for name in BUILT_IN["criterion"] if name in own} | self.criteria

    @field_validator("criteria")
    @classmethod
    def _refuse_unknown_criteria(cls, criteria: dict[str, Any]) -> dict[str, Any]:
        return only_extensions("criterion", criteria)

    @field_validator("baseline")
    @classmethod
    def _require_a_name(cls, baseline: str | None) -> str | None:
        prefix, _, name = (baseline or "").partition(":")
        if baseline is not None and baseline.startswith(REFERENCES) and (not name or name.startswith("-")):
            what = "a commit, such as git:main" if prefix == "git" else "a session, such as session:last"
            raise PydanticCustomError("no_reference", "must name {what}", {"what": what})
        return baseline
