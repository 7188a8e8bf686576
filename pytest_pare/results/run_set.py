"""`RunSet`, the runs of a session or a baseline, as they are compared."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.results.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEFT_OUT: Final = ("skipped", "xfailed", "not_needed", "user_fault")
"""Outcomes that say nothing about the agent."""

USER_FAULTS: Final = "gate.user_faults"
"""The setting that leaves out runs in which the simulated user failed; a run set without it counts them."""

VARIATION: Final = "runner.variation"
"""The setting that redraws worlds; a run set without it plays them as written."""

# The distributions whose versions change what an agent meets.
_SIMULATION: Final = ("pytest-pare", "meta-agents-research-environments")
# Settings of the agent, and those whose effect the lists of scenarios show.
_NOT_OF_SIMULATION: Final = (
    "agent_version",
    "scenarios.",
    "runner.agent",
    "runner.observe_",
    "runner.execute_",
    "cassettes",
)
_MOST_CHANGES: Final = 4
_MOST_CHARACTERS: Final = 80
_QUOTED: Final = re.compile(r"""(?<!\w)(['"]).*?\1(?!\w)""")


@dataclass(frozen=True)
class ComparedRun:
    """A run, as a comparison sees it.

    Attributes:
        scenario_id: The scenario.
        variant: The variant; empty without any.
        run_number: 1 and up; None where each scenario is run once, which is the number 1.
        outcome: success, failed, exception, no_validation, no_result, skipped, xfailed, not_needed or
            user_fault.
        category: Why it did not succeed, see `category_of`; None if it did.
        cost: US dollars; None if unknown.
        tokens: Tokens of requests and answers; None if unknown.
        turns: Turns played.
        infrastructure: Whether infrastructure ended it: an engine could not answer, or the process died.
        duration: Length in seconds of real time; None if unknown.
    """

    scenario_id: str
    variant: str
    run_number: int | None
    outcome: str
    category: str | None = None
    cost: float | None = None
    tokens: int | None = None
    turns: int = 0
    infrastructure: bool = False
    duration: float | None = None

    @property
    def number(self) -> int:
        """The number of the run, 1 where each scenario is run once."""
        return self.run_number or 1

    @property
    def counts(self) -> bool:
        """Whether the run says something about the agent: it has a result, which infrastructure did not cause."""
        return self.outcome not in (*LEFT_OUT, "no_result") and not self.infrastructure

    @property
    def score(self) -> float:
        """1.0 for a success, 0.0 for any other outcome, as in the gate's success rate."""
        return 1.0 if self.outcome == "success" else 0.0


@dataclass(frozen=True)
class RunSet:
    """The runs of one suite in a session or a baseline.

    Attributes:
        name: What messages call it, such as the path of the baseline.
        runs: The runs, in any order.
        scenarios: Id of each scenario to the hash of its source.
        agent_version: Version of the agent; None if unknown.
        versions: Distribution to its version, such as that of pytest-pare.
        settings: Dotted key to value of the settings that runs depend on.
    """

    name: str
    runs: Sequence[ComparedRun]
    scenarios: Mapping[str, str]
    agent_version: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


def simulation_changes(before: RunSet, now: RunSet) -> str:
    """Return what differs in versions and settings of the simulation, such as `pytest-pare 0.2, now 0.3`.

    The agent's own settings, and the selection of scenarios, are left out. The text is empty if nothing differs.
    """
    versions = [(name, before.versions.get(name, "unknown"), now.versions.get(name, "unknown")) for name in _SIMULATION]
    old, new = ({USER_FAULTS: "count", VARIATION: False, **one.settings} for one in (before, now))
    settings = [
        (key, *(json.dumps(one[key], ensure_ascii=False) for one in (old, new)))
        for key in sorted(old.keys() & new.keys())
        if not key.startswith(_NOT_OF_SIMULATION)
    ]
    changes = [f"{name} {old}, now {new}" for name, old, new in (*versions, *settings) if old != new]
    more = len(changes) - _MOST_CHANGES
    return "; ".join([*changes[:_MOST_CHANGES], *([f"{more} more"] if more > 0 else [])])


def category_of(outcome: str, exception: str | None = None, rationale: str | None = None) -> str | None:
    """Return the category of a run that did not succeed, so that equal causes have equal categories.

    Args:
        outcome: The outcome, as in `ComparedRun`.
        exception: Type of the exception that ended the run, if one did.
        rationale: Why the validator refused the run, if it did.

    Returns:
        For an exception its type. For a refusal the rationale up to its first semicolon or line break, with `'...'`
        for quoted texts and `0` for numbers, at most 80 characters long. For other outcomes their name. None for a
        success and for outcomes that say nothing about the agent.
    """
    if outcome == "success" or outcome in LEFT_OUT:
        return None
    if outcome == "exception" and exception:
        return exception
    first = re.split(r";|\n", rationale or "", maxsplit=1)[0]
    text = re.sub(r"\d+(?:[.:]\d+)*", "0", _QUOTED.sub("'...'", first))
    text = " ".join(printable(text).split())
    if outcome != "failed" or not text:
        return outcome.replace("_", " ")
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 3]}..."
