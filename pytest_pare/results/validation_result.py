"""The result of a run, and its record.

Importing this module imports neither ARE nor polars, because every worker and the controller import it.
"""

# ruff: noqa: RUF009 - `metric` returns a field

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, Literal

from pytest_pare.base.redaction import redacted_plain, redacted_repr
from pytest_pare.base.serialization import to_builtins, to_short_text, to_text
from pytest_pare.results.metrics import Kind, document, metric, metrics_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Status = Literal["success", "failed", "exception", "no_validation"]
ExceptionKind = Literal["configuration", "infrastructure"]
Ending = Literal["max_turns", "duration", "max_scenario_duration", "stopped", "nothing_left"]


class RecordedException(Exception):  # noqa: N818 - it stands in for any exception, an error or not
    """The type name and the message of an exception from another process, or of one that no result can hold.

    Attributes:
        type_name: Name of the class of the original exception.
        message: `str()` of the original exception.
    """

    def __init__(self, type_name: str, message: str) -> None:
        # Both go into `args`, so that the exception can be pickled and copied.
        super().__init__(type_name, message)
        self.type_name = type_name
        self.message = message

    def __str__(self) -> str:
        return self.message


def exception_type_name(exception: BaseException) -> str:
    """Return the name of the exception's class, for a recorded exception that of the original."""
    return exception.type_name if isinstance(exception, RecordedException) else type(exception).__name__


@dataclass
class PAREScenarioValidationResult:
    """The result of one run.

    Attributes:
        success: The validator's verdict; None if there is none.
        exception: The exception that ended the run; None without one.
        export_path: Where the run's trace was written.
        rationale: Why the validator decided as it did.
        duration: Length of the run in seconds of real time.
    """

    success: bool | None
    exception: Exception | None = None
    export_path: str | None = None
    rationale: str | None = None
    duration: float | None = None
    proposal_count: int = metric(
        "count",
        "How often the proactive agent asked the user.",
        aggregation="sum",
        total="total_proposals",
        label="Proposals",
        place=1,
    )
    acceptance_count: int = metric(
        "count",
        "How often the user said yes to a proposal.",
        aggregation="sum",
        total="total_acceptances",
        label="Acceptances",
        place=2,
    )
    read_only_actions: int = metric(
        "count",
        "The agent's calls of tools that change nothing, without its messages to the user and its waits.",
        aggregation="sum",
        total="total_read_only_actions",
        label="Read-only actions",
        place=4,
    )
    write_actions: int = metric(
        "count",
        "The agent's calls of tools that change something, those that failed included.",
        aggregation="sum",
        total="total_write_actions",
        label="Write actions",
        place=5,
    )
    number_of_turns: int = metric(
        "count", "Turns played.", aggregation="sum", total="total_turns", label="Turns", place=3
    )
    rejection_count: int = metric(
        "count",
        "How often the user said no to a proposal.",
        aggregation="sum",
        total="total_rejections",
        label="Rejections {}",
    )
    writes_without_consent: int = metric(
        "count",
        "The agent's writes, failed ones included, while the user had accepted no proposal.",
        aggregation="sum",
        label=", writes without consent {}",
    )
    turns_saved: int = metric(
        "count",
        "Turns without any action that an idle jump replaced.",
        aggregation="sum",
        label="; idle jumps saved {:,} turns",
    )
    gather_context: int = metric(
        "count",
        "The user's turns in which a proposal waited and the user neither accepted nor rejected it, but read or "
        "navigated: PARE's gather context.",
        aggregation="sum",
        label="; gather context in {:,} turns",
        is_optional=True,
    )
    reads_before_first_proposal: int = metric(
        "count",
        "The agent's calls of tools that change nothing before its first proposal; 0 without a proposal.",
        aggregation="sum",
        label="; reads before the first proposal {:,}",
        is_optional=True,
    )
    prompt_version: str | None = metric(
        "text", "Version of the prompts of the user and the built-in agent; null in oracle mode.", aggregation="names"
    )
    exception_kind: ExceptionKind | None = metric(
        "text",
        "Kind of the exception: `configuration`, `infrastructure`, or null for one of the scenario or the agent.",
        aggregation="exceptions",
        total="exceptions",
    )
    noise_events: int = metric("count", "Events of noise that happened in the world.", aggregation="sum")
    faults: dict[str, dict[str, int]] = metric(
        "mapping", "Kind of fault to what it hit, such as the tool's name, to how often.", aggregation="faults"
    )
    usage: dict[str, dict[str, Any]] = metric(
        "mapping",
        "Role to the calls of its engine: `calls`; `live`, whether a model answered; `prompt_tokens`, "
        "`completion_tokens` and `cost` in US dollars, null for what some live calls do not report; `finish_reasons`, "
        "why their answers ended, to how often.",
        aggregation="usage",
    )
    script_events_missed: int = metric(
        "count",
        "Unconditional events of the scenario's script that had not happened when the run ended.",
        aggregation="sum",
    )
    ended_by: Ending | None = metric(
        "text",
        "What ended the turns: `max_turns`, `max_scenario_duration`, the scenario's `duration`, `stopped` (a "
        "`StopEvent`, a validation event that failed) or `nothing_left` to happen; null if nothing did, as without "
        "turns.",
        aggregation="counts",
    )
    user_faults: list[dict[str, Any]] = metric(
        "list",
        "Failures of the simulated user: the `kind` (`outside_tools`, `no_proposal`, `agents_work`, `goal_dropped`), "
        "the `turn` and a `text`; in the totals, kind to how often.",
        aggregation="user_faults",
    )
    reused_from: str | None = metric(
        "text", "The earlier session whose result `enable_caching` has reused; null if the run was played."
    )
    judgements: dict[str, Any] = metric(
        "mapping",
        "What the judge says, by the keys `claims` (each with its `claim`; `holds`, null for no answer; `reason`; "
        "`asked`; and `decides`, whether it may decide on success) and, with `judge_only`, `without_judge`, the "
        "scenario's own verdict; empty without a claim.",
        aggregation="judgements",
        is_optional=True,
    )
    differences: list[dict[str, Any]] = metric(
        "list",
        "What the matchers and checks of a failed run expected and got: `expected` and `got`, texts or null for "
        "nothing; the `event_id` of the event that the verdict is about, and its `time` in seconds of simulated time, "
        "both null without one; empty for a validator without matchers.",
        is_optional=True,
    )

    __repr__ = redacted_repr

    @property
    def status(self) -> Status:
        """The outcome of the run. With an exception, `success` is ignored: the run was not judged."""
        if self.exception is not None:
            return "exception"
        if self.success is None:
            return "no_validation"
        return "success" if self.success else "failed"

    @property
    def user_failure(self) -> str | None:
        """The failures of the simulated user as a text, if the run failed with any; None if not."""
        if self.status != "failed" or not self.user_faults:
            return None
        first, *others = (str(one["text"]) for one in self.user_faults)
        more = f", and {len(others)} more" if others else ""
        return f"the simulated user, not the agent: {first}{more}"

    @property
    def proposal_rate(self) -> float:
        """Proposals per turn; 0.0 if no turn was played."""
        return ratio(self.proposal_count, self.number_of_turns)

    @property
    def acceptance_rate(self) -> float:
        """Acceptances per proposal, 0 to 1; 0.0 if nothing was proposed."""
        return ratio(self.acceptance_count, self.proposal_count)


document(PAREScenarioValidationResult)
METRICS: Final = metrics_of(PAREScenarioValidationResult)
"""The figures of a run."""

_FIELDS: Final = frozenset(one.name for one in fields(PAREScenarioValidationResult))
_OPTIONAL: Final = frozenset(one.name for one in METRICS if one.is_optional)
# Values that are never redacted: a figure may happen to be equal to a secret, and must stay a figure.
_UNREDACTED: Final = frozenset({"success", "duration", "usage", *(one.name for one in METRICS if one.kind == "count")})


def optional_text(value: object) -> str | None:
    """Return a value as a short text that can be encoded; None if it is None."""
    return None if value is None else to_short_text(value)


_TO_BUILTINS: Final[dict[Kind, Callable[[Any], Any]]] = {
    "count": int,
    "text": optional_text,
    "mapping": to_builtins,
    "list": to_builtins,
}


def result_to_record(result: PAREScenarioValidationResult) -> dict[str, Any]:
    """Return the result as builtins that survive JSON and any channel between processes.

    Values of other types in the result, such as a path or a numpy number, become builtins too. The exception becomes
    its type's name and its message. Texts are cut to `MOST_CHARACTERS`, and secrets are redacted, because a record
    leaves the process.
    """
    exception = result.exception
    record = {
        "success": None if result.success is None else bool(result.success),
        "exception": None
        if exception is None
        else {"type": to_text(exception_type_name(exception)), "message": to_short_text(exception)},
        "export_path": optional_text(result.export_path),
        "rationale": optional_text(result.rationale),
        "duration": None if result.duration is None else float(result.duration),
        **{
            one.name: _TO_BUILTINS[one.kind](getattr(result, one.name))
            for one in METRICS
            if not one.is_optional or getattr(result, one.name)
        },
    }
    texts = {name: value for name, value in record.items() if name not in _UNREDACTED}
    return {**record, **redacted_plain(texts)}


def result_from_record(record: Mapping[str, Any]) -> PAREScenarioValidationResult:
    """Return the result from a record of `result_to_record`; its exception is a `RecordedException`.

    Raises:
        ValueError: The record's keys are not those of a result.
    """
    if different := (record.keys() ^ _FIELDS) - (_OPTIONAL - record.keys()):
        raise ValueError(f"not a record of a result, these keys are missing or unknown: {sorted(different)}")
    raised = record["exception"]
    exception = None if raised is None else RecordedException(raised["type"], raised["message"])
    return PAREScenarioValidationResult(**{**record, "exception": exception})


def ratio(part: int, whole: int) -> float:
    """Return part / whole; 0.0 if the whole is 0."""
    return part / whole if whole else 0.0
