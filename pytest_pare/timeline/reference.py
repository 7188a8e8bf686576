"""A run beside the reference steps of its scenario: the writes, the proposals and the answers."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_pare.simulation.trace import Trace, TraceEvent
from pytest_pare.simulation.trace_steps import steps_of
from pytest_pare.timeline.alignment import Row
from pytest_pare.timeline.diff import TraceDiff
from pytest_pare.timeline.texts import arguments_line, one_line, optional_value, redacted_trace
from pytest_pare.timeline.titles import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_pare.timeline.causes import Cause

REFERENCE = "reference"
"""The name of the reference in a comparison."""

_READS = ("check_", "find_", "get_", "list_", "lookup_", "open_", "read_", "regex_search", "search", "view_", "wait")
# Arguments with the words of a message.
_WORDS = ("body", "content", "message", "text")
_ANSWERS = ("accept_proposal", "reject_proposal")
_TALK = {
    "send_message_to_user": "proposes",
    "accept_proposal": "accepts",
    "reject_proposal": "rejects",
    "ask_user": "asks",
    "send_message_to_agent": "says",
}


class _Act(NamedTuple):
    """A write, a proposal or an answer: of the run, or of the reference."""

    number: int
    who: str
    app: str
    function: str
    args: dict[str, Any]

    @property
    def is_talk(self) -> bool:
        return self.function in _TALK

    @property
    def key(self) -> tuple[str, str, str]:
        return self.who, self.app, self.function

    @property
    def content(self) -> dict[str, Any]:
        """The arguments that must be the same. Words are free."""
        return {name: one for name, one in self.given.items() if name not in _WORDS}

    @property
    def given(self) -> dict[str, Any]:
        """The arguments that are not empty; none of a message between the agent and the user."""
        return {} if self.is_talk else {name: one for name, one in self.args.items() if one not in (None, "", [])}

    def __str__(self) -> str:
        return act_title(self.app, self.function, self.args)


def act_title(app: str, function: str, args: dict[str, Any]) -> str:
    """Return a write, a proposal or an answer as one line."""
    if function in _TALK:
        return one_line(f"{_TALK[function]}: {args.get('content') or ''}".rstrip(": "))
    return one_line(f"{app}: {function} {arguments_line(args)}".rstrip())


def compare_with_reference(trace: Trace, *, name: str = "A") -> TraceDiff:
    """Return the comparison of a run with its reference steps, whose numbers begin with 1.

    Args:
        trace: The trace of the run.
        name: Its name, for the sentence.

    Raises:
        ValueError: If the trace has no reference steps, as that of a run that succeeded.
    """
    trace = redacted_trace(trace)
    if not trace.reference:
        raise ValueError(
            f"{name}: its trace has no reference steps, as that of each run that succeeded; name another run B"
        )
    done, due = list(_done(trace)), list(_due(trace))
    pairs = list(_pairs(done, due))
    names = (name, REFERENCE)
    rows = tuple(Row(_number(one), _number(other), _same(one, other)) for one, other in pairs)
    place = next((place for place, pair in enumerate(pairs) if not _same(*pair)), None)
    if place is None:
        return _by_words(names, pairs, rows)
    first = pairs[place]
    if (early := _early(pairs[place:])) is not None:
        sentence = (
            f"{_side(early)} acted before reference step {_number(first[1])} ({first[1]}), in step {early.number}"
        )
        return TraceDiff(names, "agent's action", f"{sentence}: {early}", (early.number, _number(first[1])), rows)
    who = next(act.who for act in first if act is not None)
    cause: Cause = "user's action" if who == "USER" else "agent's action"
    numbers = _number(first[0]), _number(first[1])
    return TraceDiff(names, cause, _sentence(*first), numbers, rows, tuple(_parts(*first)))


def _by_words(
    names: tuple[str, str], pairs: Sequence[tuple[_Act | None, _Act | None]], rows: tuple[Row, ...]
) -> TraceDiff:
    """Return the comparison of a run whose acts are those of the reference: a write may have other words."""
    for place, (one, other) in enumerate(pairs):
        if one is not None and other is not None and one.given != other.given:
            changed = (*rows[:place], rows[place]._replace(same=False), *rows[place + 1 :])
            parts = tuple(_parts(one, other))
            sentence = f"step {one.number} has other words than reference step {other.number}: {one.app}.{one.function}"
            return TraceDiff(names, "agent's action", sentence, (one.number, other.number), changed, parts)
    sentence = "the run has the writes, the proposals and the answers of the reference"
    return TraceDiff(names, "none", sentence, (None, None), rows)


def _early(pairs: Sequence[tuple[_Act | None, _Act | None]]) -> _Act | None:
    """Return the agent's act that came before an answer of the user, which came later; `None` if none did."""
    one, missing = pairs[0]
    if one is not None or missing is None or missing.who != "USER":
        return None
    came_later = any(done is not None and done.key == missing.key for done, _ in pairs[1:])
    following = next((done for done, _ in pairs[1:] if done is not None), None)
    return following if came_later and following is not None and following.who == "AGENT" else None


def _done(trace: Trace) -> Iterator[_Act]:
    for step in steps_of(trace):
        event = step.entry
        if not isinstance(event, TraceEvent) or event.kind not in ("USER", "AGENT") or event.function is None:
            continue
        is_act = kind_of(event) in ("proposal", "acceptance", "rejection", "message")
        # What the user writes in apps belongs to the script.
        is_write = event.kind == "AGENT" and event.operation == "write" and not event.is_interface
        if is_act or is_write:
            yield _Act(step.number, event.kind, str(event.app), event.function, event.args)


def _due(trace: Trace) -> Iterator[_Act]:
    known = {(event.app, event.function): event.operation for event in trace.events}
    acts = [
        _Act(number, str(one["who"]), str(one["app"]), str(one["function"]), dict(one.get("args") or {}))
        for number, one in enumerate(trace.reference, start=1)
    ]
    for place, act in enumerate(acts):
        guess = "read" if act.function.startswith(_READS) else "write"
        is_agents_write = act.who == "AGENT" and known.get((act.app, act.function), guess) == "write"
        if not _is_report(acts, place) if act.is_talk else is_agents_write:
            yield act


def _is_report(acts: Sequence[_Act], place: int) -> bool:
    """Return whether a message to the user follows an acceptance, and no answer follows it."""
    if acts[place].function != "send_message_to_user":
        return False
    after = next((act.function for act in acts[place + 1 :] if act.is_talk), "")
    return after not in _ANSWERS and any(act.function == "accept_proposal" for act in acts[:place])


def _pairs(done: Sequence[_Act], due: Sequence[_Act]) -> Iterator[tuple[_Act | None, _Act | None]]:
    matcher = SequenceMatcher(None, [act.key for act in done], [act.key for act in due], autojunk=False)
    for tag, in_done, end_done, in_due, end_due in matcher.get_opcodes():
        ones, others = done[in_done:end_done], due[in_due:end_due]
        if tag == "equal":
            yield from zip(ones, others, strict=True)
        else:
            yield from ((one, None) for one in ones)
            yield from ((None, other) for other in others)


def _number(act: _Act | None) -> int | None:
    return None if act is None else act.number


def _same(one: _Act | None, other: _Act | None) -> bool:
    return one is not None and other is not None and one.content == other.content


def _sentence(one: _Act | None, other: _Act | None) -> str:
    if one is None:
        assert other is not None
        join = ", which " if other.is_talk else ": "
        return f"{_side(other)} did not do reference step {other.number}{join}{other}"
    if other is None:
        return f"{_side(one)} did what the reference does not have here, in step {one.number}: {one}"
    return f"step {one.number} has other arguments than reference step {other.number}: {one.app}.{one.function}"


def _side(act: _Act) -> str:
    return "the user" if act.who == "USER" else "the agent"


def _parts(one: _Act | None, other: _Act | None) -> Iterator[tuple[str, str | None, str | None]]:
    if one is None or other is None:
        return
    for name in dict.fromkeys((*one.given, *other.given)):
        values = one.given.get(name), other.given.get(name)
        if values[0] != values[1]:
            yield name, optional_value(values[0]), optional_value(values[1])
