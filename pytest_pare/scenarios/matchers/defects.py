"""Finds matchers that no run can fail, and matchers that no run can satisfy, before the scenario is played."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_pare.base.redaction import redacted
from pytest_pare.base.serialization import type_and_value
from pytest_pare.scenarios.argument_tests import Described
from pytest_pare.scenarios.argument_types import is_constant, refuses_texts, wrong_test
from pytest_pare.scenarios.matchers.dialogue import Accepted, Matcher, Rejected, Reported, Silent, State, Writes
from pytest_pare.scenarios.source_location import authors_line, authors_place
from pytest_pare.scenarios.writes import Write, inspection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_pare.scenarios.writes import Inspection

_KNOWN = (Accepted, Rejected, Reported, Silent, State, Writes)


def note_defects(matchers: Sequence[Any]) -> None:
    """Record the defects of matchers, if the scenario is inspected."""
    inspected = inspection()
    if inspected is None:
        return
    line = authors_line()
    if not matchers:
        inspected.note(str(line), "verdict() has no matchers; say what must be true of the run")
    for one in matchers:
        for defect in _defects(one):
            inspected.note(str(getattr(one, "_line", line)), defect)
        if isinstance(one, Writes):
            _check_writes(one, inspected)
    for one, defect in _contradictions(matchers):
        inspected.note(one.place, defect)


def note_text_test(name: str, test: Any) -> None:
    """Record the defect of a test for the text of a message, if the scenario is inspected."""
    inspected = inspection()
    if inspected is not None and test is not None:
        for defect in _wrong_text_test(name, test):
            inspected.note(authors_place(), defect)


def require_agents_writes(writes: Writes) -> None:
    """Record the writes that the agent cannot make, if the scenario is inspected."""
    inspected = inspection()
    if inspected is not None:
        _check_writes(writes, inspected)


def _defects(matcher: Any) -> Iterator[str]:
    """Yield what is wrong with one matcher."""
    if isinstance(matcher, Accepted | Rejected):
        name = type(matcher).__name__
        if matcher.proposal is None:
            yield f"{name}() accepts any proposal; name its facts: {name}(mentions(...))"
        else:
            yield from _wrong_text_test(name, matcher.proposal)
    elif isinstance(matcher, Reported) and matcher.report is not None:
        yield from _wrong_text_test("Reported", matcher.report)
    elif isinstance(matcher, State) and (matcher.is_literal or is_constant(matcher.holds)):
        yield f"State({matcher.sentence!r}) is the same after each run; test the apps"
    elif isinstance(matcher, Write):
        yield f"{matcher}: verdict() takes the writes together; put it into Writes(...)"
    elif not isinstance(matcher, (*_KNOWN, Matcher)):
        yield f"verdict() takes matchers, got {_shown(matcher)}"


def _wrong_text_test(name: str, test: Any) -> Iterator[str]:
    if not callable(test):
        yield f"{name}() takes a test of the text, such as mentions(...), got {_shown(test)}"
    elif (wrong := wrong_test(test)) is not None:
        yield f"{name}: {wrong}"
    elif refuses_texts(test):
        yield f"{name}: a text is never a value that {redacted(str(test))}; use mentions(...)"


def _check_writes(writes: Writes, inspected: Inspection) -> None:
    for ways in writes.expected:
        if not ways:
            inspected.note(writes.place, "Writes() has an empty tuple, which no write is; name the alternatives")
        for one in ways:
            if isinstance(one, Write):
                inspected.check(one, of_agent=True)
            else:
                inspected.note(writes.place, f"Writes() takes Write(...) and tuples of them, got {_shown(one)}")


def _contradictions(matchers: Sequence[Any]) -> Iterator[tuple[Any, str]]:
    """Yield the matchers that no run can satisfy after those before them."""
    talk = [one for one in matchers if isinstance(one, Accepted | Rejected | Reported | Writes)]
    silent = next((one for one in matchers if isinstance(one, Silent)), None)
    if silent is not None and talk:
        yield silent, f"Silent() contradicts {type(talk[0]).__name__}; leave one of them out"
    answer: Accepted | Rejected | None = None
    reported = False
    for one in talk:
        if isinstance(one, Accepted | Rejected):
            answer, reported = one, False
            continue
        name = type(one).__name__
        if answer is None:
            yield one, f"{name}() comes before any Accepted(); nothing may be written without consent"
        elif isinstance(answer, Rejected):
            yield one, f"{name}() comes after Rejected(), and the agent has no consent then; put an Accepted() between"
        elif reported and isinstance(one, Writes):
            yield one, "Writes() comes after Reported(), which ends the consent; put it before"
        reported |= isinstance(one, Reported)


def _shown(value: Any) -> str:
    return redacted(str(value)) if isinstance(value, Described) else redacted(type_and_value(value))
