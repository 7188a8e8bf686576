"""The comparison of two runs in the terminal, at 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_pare.results.text import WIDTH, plural
from pytest_pare.timeline.lines import Line, lines_of
from pytest_pare.timeline.reference import act_title
from pytest_pare.timeline.step_text import is_folded, seconds
from pytest_pare.timeline.text import STATUS_COLOURS
from pytest_pare.timeline.texts import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MOST_ROWS: Final = 40
# Equal steps in a row that are shown, before and after steps that differ.
_AROUND: Final = 2
_BEFORE: Final = 60
_AFTER: Final = 60


def diff_lines(diff: dict[str, Any], a: dict[str, Any], b: dict[str, Any] | None) -> Iterator[Line]:
    """Yield a comparison as lines: both heads, the first difference, and what followed.

    Args:
        diff: The comparison, as `diff_document` returns it.
        a: The document of the first run.
        b: That of the second; `None` for the reference steps.
    """
    for side, sign, document in (("A", "-", a), ("B", "+", b)):
        yield from _head(sign, f"{side} {diff[side.lower()]}", document)
    yield Line("")
    if diff["cause"] == "none" or not any(diff["first"].values()):
        is_same = b is None or a["status"] == b["status"]
        found, colour = ("no difference", "green") if is_same else ("no step differs", "yellow")
        yield from lines_of(f"{found}: {diff['sentence']}", indent="  ", colour=colour)
        return
    yield from _difference("first difference", diff, is_reference=b is None)
    if diff["effect"] is not None:
        yield from _difference("first other effect", diff["effect"], is_reference=False)
    yield Line("")
    yield from _rows(diff["rows"], a, b)


def _difference(what: str, diff: dict[str, Any], *, is_reference: bool) -> Iterator[Line]:
    where = ", ".join(_place(side, diff["first"][side.lower()], side == "B" and is_reference) for side in "AB")
    yield from lines_of(f"{what}: {diff['cause']} ({where})", indent="  ", colour="cyan")
    yield from lines_of(diff["sentence"], "  ")
    for part in diff["parts"]:
        yield from _part(part)


def _head(sign: str, name: str, document: dict[str, Any] | None) -> Iterator[Line]:
    if document is None:
        yield Line(f"{sign} {name} steps of the scenario")
        return
    status = document["status"]
    colour = STATUS_COLOURS.get(status)
    yield from lines_of(f"{name}: {status.replace('_', ' ')}", f"{sign} ", "    ", colour=colour)
    if document["reason"] and status != "success":
        yield from lines_of(document["reason"], "    ", most=3)


def _place(side: str, number: int | None, is_reference: bool) -> str:
    if number is None:
        return f"none in {side}" if is_reference else f"no step in {side}"
    return f"{'reference step' if is_reference else 'step'} {number} in {side}"


def _part(part: dict[str, Any]) -> Iterator[Line]:
    texts = [part["a"], part["b"]]
    shown = around(texts[0] or "", texts[1] or "")
    yield Line(f"    {part['name']}")
    for sign, text, colour, original in zip("-+", shown, ("red", "green"), texts, strict=True):
        yield from lines_of("(none)" if original is None else text, f"    {sign} ", most=6, colour=colour)


def around(one: str, other: str) -> tuple[str, str]:
    """Return two texts cut to what differs, with some of what is equal around it."""
    shorter = min(len(one), len(other))
    begin = next((place for place in range(shorter) if one[place] != other[place]), shorter)
    end = 0
    while end < shorter - begin and one[-1 - end] == other[-1 - end]:
        end += 1
    first, last = max(0, begin - _BEFORE), max(0, end - _AFTER)
    texts = [f"{'…' if first else ''}{text[first : len(text) - last]}{'…' if last else ''}" for text in (one, other)]
    return texts[0], texts[1]


def _rows(rows: Sequence[dict[str, Any]], a: dict[str, Any], b: dict[str, Any] | None) -> Iterator[Line]:
    yield Line("     A    B")
    count = 0
    place = 0
    while place < len(rows):
        end = place
        while end < len(rows) and rows[end]["same"]:
            end += 1
        yield from _equal(rows[place:end], a, b, is_begin=place == 0, is_end=end == len(rows))
        place = end
        while place < len(rows) and not rows[place]["same"]:
            if count >= _MOST_ROWS:
                yield Line(f"  … {plural(len(rows) - place, 'more row')}; --json has all")
                return
            count += 1
            yield from _different(rows[place], a, b)
            place += 1


def _equal(
    rows: Sequence[dict[str, Any]], a: dict[str, Any], b: dict[str, Any] | None, *, is_begin: bool, is_end: bool
) -> Iterator[Line]:
    before = 0 if is_begin else _AROUND
    after = 0 if is_end else _AROUND
    if len(rows) <= before + after + 1:
        before, after = len(rows), 0
    shown = [*rows[:before], None, *rows[len(rows) - after :]] if len(rows) > before + after else list(rows)
    for row in shown:
        if row is None:
            yield Line(f"         … {plural(len(rows) - before - after, 'equal step')}", "bright_black")
        else:
            yield _line(" ", row["a"], row["b"], *_step(a, row["a"]), None)


def _different(row: dict[str, Any], a: dict[str, Any], b: dict[str, Any] | None) -> Iterator[Line]:
    if row["a"] is not None and not _is_quiet(a, row["a"]):
        yield _line("-", row["a"], None, *_step(a, row["a"]), "red")
    if row["b"] is not None and b is None:
        yield _line("+", None, row["b"], *_reference(a, row["b"]), "green")
    elif row["b"] is not None and b is not None and not _is_quiet(b, row["b"]):
        yield _line("+", None, row["b"], *_step(b, row["b"]), "green")


def _is_quiet(document: dict[str, Any], number: int) -> bool:
    """Return whether a step says nothing: an engine without a model gave the call that follows."""
    return is_folded(document, document["steps"][number - 1])


def _step(document: dict[str, Any], number: int) -> tuple[str, str]:
    step = document["steps"][number - 1]
    marks = [mark for mark, is_set in (("failed", step["error"]), ("noise", step["fault"])) if is_set]
    return f"+{seconds(step['time'])} {step['lane']}", " ".join([*(f"[{mark}]" for mark in marks), step["title"]])


def _reference(document: dict[str, Any], number: int) -> tuple[str, str]:
    one = document["reference"][number - 1]
    return str(one["who"]).lower(), act_title(str(one["app"]), str(one["function"]), one["args"])


def _line(sign: str, a: int | None, b: int | None, who: str, title: str, colour: str | None) -> Line:
    begin = f"{sign} {'' if a is None else a:>4} {'' if b is None else b:>4}  {who:<14} "
    return Line(f"{begin}{one_line(title, WIDTH - len(begin))}", colour)
