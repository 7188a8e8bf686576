"""A run document in the terminal, at 80 columns."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.results.text import WIDTH, plural
from pytest_pare.timeline.lines import Line, lines_of
from pytest_pare.timeline.step_text import BRIEF, MORE, WHOLE, is_folded, is_idle, seconds, step_lines
from pytest_pare.timeline.texts import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_pare.timeline.step_text import Detail

STATUS_COLOURS: Final = {"success": "green", "failed": "red", "exception": "red", "no_validation": "red"}
_TURN_COLOUR = "cyan"
_CARD_LINES: Final = 20
_CHANNEL = "PAREAgentUserInterface"
_MESSAGES: Final = ("agent_message", "user_message")


def run_lines(
    document: dict[str, Any],
    *,
    turn: int | None = None,
    step: int | None = None,
    state: bool = False,
    with_reason: bool = True,
) -> list[Line]:
    """Return a run as lines: its head, then its turns.

    Args:
        document: The run, as `run_document` returns it.
        turn: The one turn to show, with more of each text; `None` for all.
        step: The one step to show, whole; `None` for all.
        state: Whether to show the apps that a turn changed.
        with_reason: Whether the head has the name of the run and its reason.

    Raises:
        ValueError: If there is no such turn or step.
    """
    if step is not None:
        steps = document["steps"]
        if not 1 <= step <= len(steps):
            raise ValueError(_no_such("step", step, [1, len(steps)] if steps else []))
        return list(step_lines(document, steps[step - 1], WHOLE))
    if turn is not None:
        turns = [one for one in document["turns"] if one["turn"] == turn]
        if not turns:
            raise ValueError(_no_such("turn", turn, [one["turn"] for one in document["turns"]]))
        return list(_turn(document, turns[0], MORE, state))
    head = [*_end_lines(document), Line("")] if with_reason else []
    return [*head, *_facts_lines(document), *_turns(document, state), *_left_out(document)]


def _no_such(what: str, number: int, known: Sequence[int]) -> str:
    return f"{what} {number}: the run has " + (f"the {what}s {known[0]} to {known[-1]}" if known else f"no {what}s")


def _end_lines(document: dict[str, Any]) -> Iterator[Line]:
    """Yield what a run was, and how it ended."""
    status = document["status"]
    yield from lines_of(
        f"{document['run']}: {status.replace('_', ' ')}", indent="  ", colour=STATUS_COLOURS.get(status)
    )
    yield from _reason(document)
    for note in document["notes"]:
        yield from lines_of(note, "  ", "    ")


def _facts_lines(document: dict[str, Any]) -> Iterator[Line]:
    """Yield the facts of a run, and what catches the eye."""
    yield from lines_of(_facts(document), "  ", "  ")
    for role, usage in document["usage"].items():
        if usage["live"]:
            yield from lines_of(_usage(role, usage), "  ", "    ")
    for finding in document["findings"]:
        if finding["text"] == document["reason"]:
            continue
        where = f" ({_steps(finding['steps'])})" if finding["steps"] else ""
        yield from lines_of(f"{finding['text']}{where}", "! ", "  ", most=3, colour="yellow")
    if any(one["answer_kind"] == "acceptance" for one in document["consent"]):
        yield Line("  steps with | have the user's consent")


def _reason(document: dict[str, Any]) -> Iterator[Line]:
    reason = document["reason"] or ""
    said = [one for one in document["differences"] if _is_in(one["expected"], reason) and _is_in(one["got"], reason)]
    steps = sorted({one["step"] for one in said} - {None})
    if reason:
        yield from lines_of(f"{reason}{f' ({_steps(steps)})' if steps else ''}", "  ", most=12)
    for one in document["differences"]:
        if one not in said:
            yield from _difference(one)


def _is_in(text: str | None, reason: str) -> bool:
    """Return whether a reason says what was expected, or what came; an argument's name may stand apart from it."""
    if text is None or text in reason:
        return True
    _, colon, value = text.partition(": ")
    return bool(colon) and value in reason


def _difference(one: dict[str, Any]) -> Iterator[Line]:
    where = "" if one["step"] is None else f" (step {one['step']})"
    for name in ("expected", "got"):
        if one[name] is not None:
            yield from lines_of(f"{one[name]}{where if name == 'got' else ''}", f"    {name + ':':<10}", most=6)


def _facts(document: dict[str, Any]) -> str:
    fork = document["forked_from"]
    began = datetime.fromtimestamp(document["start_time"], tz=UTC)
    parts = [
        f"agent {document['agent']}" if document["agent"] else "no agent",
        plural(len(document["turns"]), "turn"),
        plural(len(document["steps"]), "step"),
        f"ended by {document['ended_by']}" if document["ended_by"] else "",
        f"began {began:%A %Y-%m-%d %H:%M:%S}",
        f"seed {document['seed']}" if document["seed"] is not None else "",
        f"forked from {fork['run']} at step {fork['step']}" if fork else "",
        *(f"drawn {name}: {value}" for name, value in document["draws"].items()),
    ]
    return ", ".join(filter(None, parts))


def _usage(role: str, usage: dict[str, Any]) -> str:
    tokens = [usage["prompt_tokens"], usage["completion_tokens"]]
    parts = [
        plural(usage["calls"], "call"),
        "" if None in tokens else f"{tokens[0]:,} + {tokens[1]:,} tokens",
        "" if usage["cost"] is None else f"${usage['cost']:.4g}",
    ]
    return f"{role} model: {', '.join(filter(None, parts))}"


def _steps(numbers: Sequence[int]) -> str:
    listed = ", ".join(map(str, numbers[:6])) + (", ..." if len(numbers) > 6 else "")
    return f"step{'s' * (len(numbers) > 1)} {listed}"


def _turns(document: dict[str, Any], state: bool) -> Iterator[Line]:
    turns = document["turns"]
    of_no_turn = [step for step in document["steps"] if step["turn"] is None]
    if of_no_turn:
        yield Line("")
        yield Line("before the first turn" if turns else "steps", _TURN_COLOUR)
        for step in of_no_turn:
            yield from step_lines(document, step, BRIEF)
    if state:
        yield Line("")
        yield from _state(document, None)
    place = 0
    while place < len(turns):
        idle = place
        while idle < len(turns) and _is_idle(document, turns[idle]) and not (state and _changed(document, turns[idle])):
            idle += 1
        if idle > place:
            yield from _idle(turns[place:idle])
            place = idle
            continue
        yield from _turn(document, turns[place], BRIEF, state)
        place += 1


def _left_out(document: dict[str, Any]) -> Iterator[Line]:
    idle = {turn["turn"] for turn in document["turns"] if _is_idle(document, turn)}
    steps = [one for one in document["steps"] if one["turn"] is not None and one["turn"] not in idle]
    if count := sum(is_folded(document, step) for step in steps):
        yield Line("")
        yield Line(f"left out: {plural(count, 'step')} of engines without a model; show --turn N has them")


def _is_idle(document: dict[str, Any], turn: dict[str, Any]) -> bool:
    news = [one for side in turn["notified"] for one in side["notifications"] if not _is_said(one)]
    return not news and all(map(is_idle, _of(document, turn)))


def _idle(turns: Sequence[dict[str, Any]]) -> Iterator[Line]:
    first, last = turns[0], turns[-1]
    numbers = [one[name] for one in turns for name in ("first_step", "last_step") if one[name] is not None]
    which = f"turn {first['turn']}" if len(turns) == 1 else f"turns {first['turn']} to {last['turn']}"
    where = f" ({_range(min(numbers), max(numbers))})" if numbers else ""
    yield Line("")
    yield Line(f"{which}, +{seconds(first['time'])}: nothing but waits{where}", _TURN_COLOUR)


def _range(first: int, last: int) -> str:
    return f"step {first}" if first == last else f"steps {first} to {last}"


def _turn(document: dict[str, Any], turn: dict[str, Any], detail: Detail, state: bool) -> Iterator[Line]:
    screen = f", on the screen: {turn['screen']}" if turn["screen"] else ""
    mode = f", {turn['mode'].replace('_', ' ')}" if turn["mode"] else ""
    yield Line("")
    yield from lines_of(
        f"turn {turn['turn']}, +{seconds(turn['time'])}{mode}{screen}", indent="  ", colour=_TURN_COLOUR
    )
    for side in turn["notified"]:
        for one in side["notifications"]:
            begin = f"      notified {side['who'].lower()}: "
            if detail is not BRIEF:
                yield from lines_of(one["text"], begin, " " * 8)
            elif not _is_said(one):
                yield Line(f"{begin}{one_line(one['text'], WIDTH - len(begin))}")
    for step in _of(document, turn):
        if detail is not BRIEF or not is_folded(document, step):
            yield from step_lines(document, step, detail)
    if state:
        yield from _state(document, turn["turn"])


def _is_said(notification: dict[str, Any]) -> bool:
    """Return whether a notification is a message between the agent and the user, which is a step as well."""
    return notification["kind"] in _MESSAGES


def _of(document: dict[str, Any], turn: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for step in document["steps"] if step["turn"] == turn["turn"]]


def _changed(document: dict[str, Any], turn: dict[str, Any]) -> bool:
    return any(one["turn"] == turn["turn"] for one in document["changes"])


def _state(document: dict[str, Any], turn: int | None) -> Iterator[Line]:
    """Yield the apps that a turn changed; before the first one, all apps as they were."""
    last: dict[str, dict[str, Any]] = {one["app"]: one for one in document["cards"] if one["turn"] == turn}
    rows: dict[str, list[dict[str, Any]]] = {}
    for change in document["changes"]:
        if change["turn"] == turn:
            rows.setdefault(change["app"], []).extend(change["rows"])
    for app, card in last.items():
        if app == _CHANNEL:
            # Its messages are steps.
            continue
        yield Line(f"      {app} {'at the start' if turn is None else 'after the turn'}:", "magenta")
        for level, text in card["lines"][:_CARD_LINES]:
            yield from lines_of(text, " " * (6 + 2 * level), most=2)
        if (more := len(card["lines"]) - _CARD_LINES) > 0:
            yield Line(f"        … {plural(more, 'more line')}")
        for row in rows.get(app, []):
            for sign, value, colour in (("-", row["before"], "red"), ("+", row["after"], "green")):
                if value is not None:
                    yield from lines_of(f"{row['path']}: {value}", f"      {sign} ", most=2, colour=colour)
