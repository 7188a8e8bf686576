"""`Verdict`, the verdict of the gate, and its lines for a terminal.

Importing this module is fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from pytest_pare.results.gate_input import COUNTED, KINDS, GateInput, VerdictPart
from pytest_pare.results.run_set import LEFT_OUT
from pytest_pare.results.text import as_written, decimals_of, interval_text, percent, plural

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_pare.inference.decision import Word

_VERB: Final = {"pass": "passes", "fail": "fails"}
_NOUNS: Final = ("exception", "user fault")
# The percentage of runs left out because of the simulated user above which the verdict warns.
_MOST_USER_FAULTS: Final = 10


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
        rate, interval = given.success_rate, given.success_interval
        return {
            "verdict": self.word,
            "passed": self.passed,
            "reasons": list(self.reasons),
            "success_rate": None if rate is None else float(rate),
            "success_rate_interval": None if interval is None else [interval.low, interval.high],
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


def _first_line(verdict: Verdict) -> str:
    given = verdict.given
    line = f"gate {verdict.word}: {given.success} of {plural(given.runs, 'run')} succeeded"
    value = given.criteria.get("min_success_rate")
    needed = as_written(1 if value is None and "min_success_rate" in verdict.parts else value or 0)
    if given.success_rate is not None:
        line += f" ({percent(given.success_rate, needed, decimals_of(value))}"
        if (interval := given.success_interval) is not None:
            line += f", {interval_text(100 * interval.low, 100 * interval.high)}"
        line += ")"
    if given.shard is not None:
        line += f", shard {given.shard}"
    elif value is not None:
        line += f", {percent(needed, needed, decimals_of(value))} needed"
    elif "min_success_rate" in verdict.parts:
        line += ", every run must succeed (no rate set)"
    return line + _listing(": ", given, COUNTED[1:])


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
    if warning := _user_warning(given):
        lines.append(warning)
    if given.partial:
        partial = f"partial session ({', '.join(given.partial)})"
        if given.deselected is not None:
            selected = given.runs + sum(getattr(given, name) for name in LEFT_OUT)
            partial += f": {selected} of {plural(selected + given.deselected, 'run')} selected"
        lines.append(partial)
    return lines


def _user_warning(given: GateInput) -> str | None:
    """Return a line for a session whose rate is that of few runs, because the simulated user failed in the others."""
    played = given.runs + given.user_fault
    if 100 * given.user_fault <= _MOST_USER_FAULTS * played:
        return None
    share = f"{given.user_fault} of {plural(played, 'run')}, more than {_MOST_USER_FAULTS} %"
    return (
        f"unreliable rate: the simulated user failed in {share}, which are left out "
        "(gate.user_faults: leave_out); use a better model for the user"
    )


def _listing(prefix: str, given: GateInput, names: tuple[str, ...]) -> str:
    counts = [(getattr(given, name), name.replace("_", " ")) for name in names]
    shown = [plural(count, name) if name in _NOUNS else f"{count} {name}" for count, name in counts if count]
    return prefix + ", ".join(shown) if shown else ""
