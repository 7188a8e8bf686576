"""The vocabulary of `validate`: what must be true of the dialogue, of the writes, and of the state at the end."""

from __future__ import annotations

from pytest_pare.scenarios.argument_tests import mentions, same_members, same_phone
from pytest_pare.scenarios.matchers.dialogue import Accepted, Matcher, Rejected, Reported, Silent, State, Writes
from pytest_pare.scenarios.matchers.values import approximately, between, contains, equal, matches, one_of, same_instant
from pytest_pare.scenarios.matchers.verdict import verdict
from pytest_pare.scenarios.writes import Write

__all__ = [
    "Accepted",
    "Matcher",
    "Rejected",
    "Reported",
    "Silent",
    "State",
    "Write",
    "Writes",
    "approximately",
    "between",
    "contains",
    "equal",
    "matches",
    "mentions",
    "one_of",
    "same_instant",
    "same_members",
    "same_phone",
    "verdict",
]
