"""Drift: what has changed since a cassette was recorded."""

from __future__ import annotations

import difflib
import json
import re
from typing import TYPE_CHECKING, Any

from pytest_pare.base.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_pare.engines.cassette import Message, RequestInputs

_WIDTH = 76
_MOST_LINES = 8
_MOST_NAMES = 3
# Characters of a long line that are shown before its first difference.
_LEAD = 24
# gpt-4o-2024-08-06, claude-sonnet-4-20250514, gpt-4-0613, gemini-1.5-pro-002
_DATED = re.compile(r"\d{3}")


def causes(recorded: RequestInputs, now: RequestInputs, role: str) -> list[str]:
    """Return the changes that can be the cause of a different request of a role, the most certain first."""
    found = list(_changes(recorded, now))
    before, after = recorded.engines.get(role), now.engines.get(role)
    if before is None:
        found.append(f"the {role} engine was not recorded")
    elif before != after:
        found.append(engine_change(role, before, after or {}))
    return found


def engine_change(role: str, before: dict[str, Any], after: dict[str, Any]) -> str:
    """Return a sentence with the model, provider and options of a role's engine that have changed."""
    options = {name: (before.get(name), after.get(name)) for name in ("model", "provider")}
    old, new = before.get("options", {}), after.get("options", {})
    options |= {name: (old.get(name), new.get(name)) for name in sorted(old.keys() | new.keys())}
    changes = ", ".join(f"{name} {a!r:.60} -> {b!r:.60}" for name, (a, b) in options.items() if a != b)
    return f"the {role} engine is another one: {changes}"


def _changes(recorded: RequestInputs, now: RequestInputs) -> Iterator[str]:
    if recorded.prompts != now.prompts:
        yield f"the prompts are another version ({recorded.prompts} -> {now.prompts})"
    tools = _different(recorded.tools, now.tools)
    if tools:
        yield f"another name, description or arguments of {_counted('tool', tools)}"
    apps = _different(recorded.apps, now.apps)
    if apps:
        yield f"the scenario has other content in {_counted('app', apps)}"
    if recorded.events != now.events:
        yield "the scenario has other events"
    if recorded.goal != now.goal:
        yield "the scenario's user has another goal"


def _different(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _counted(kind: str, names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f"{kind}{'s' * (len(names) > 1)} {', '.join(names[:_MOST_NAMES])}{more}"


def explain(recorded: RequestInputs, now: RequestInputs, role: str) -> str:
    """Return the cause of a role's different request: the most certain one, and what else has changed."""
    found = causes(recorded, now, role)
    if not found:
        by = "" if recorded.package == now.package else f" (of {recorded.package}, this is {now.package})"
        return f"the agent's code{by}, or what it did before"
    return "; also changed: ".join([found[0], *(["; ".join(found[1:])] if found[1:] else [])])


def stale(recorded: RequestInputs, now: RequestInputs) -> list[str]:
    """Return why a cassette may be out of date, even if its requests are the same."""
    reasons = list(_changes(recorded, now))
    if recorded.package != now.package:
        reasons.append(f"it was recorded by pytest-pare {recorded.package}, this is {now.package}")
    return reasons


def floating(ingredients: RequestInputs) -> list[str]:
    """Return the models whose names have no date, that is no three digits in a row: their meaning may change."""
    return sorted({str(one["model"]) for one in ingredients.engines.values() if not _DATED.search(str(one["model"]))})


def first_difference(before: Sequence[Any], after: Sequence[Any]) -> int:
    """Return the index of the first difference of two sequences, or the length of the shorter one."""
    shorter = min(len(before), len(after))
    # Requests differ at their ends, and comparing the rest as a whole is much faster.
    start = max(shorter - 1, 0)
    for index in range(start if before[:start] == after[:start] else 0, shorter):
        if before[index] != after[index]:
            return index
    return shorter


def difference(before: Sequence[Message], after: Sequence[Message]) -> list[str]:
    """Return lines of at most 80 columns with the first message that differs, and a part of the difference.

    Args:
        before: The messages as they were recorded, without secrets.
        after: The messages as they are, without secrets.
    """
    index = first_difference(before, after)
    if index == len(before) == len(after):
        return ["all messages: they differ only in secrets, which are not shown"]
    old, new = (messages[index] if index < len(messages) else None for messages in (before, after))
    how = " is new" if old is None else " is missing" if new is None else f" of {len(after)}"
    return [f"message {index + 1}{how}:", *_diff(_lines(old), _lines(new))]


def _lines(message: Message | None) -> list[str]:
    if message is None:
        return []
    # The options and tools of an agent's request, a line each.
    content = message.content if isinstance(message.content, str) else _as_lines(message.content)
    return redacted(f"[{message.role}] {content}").splitlines()


def _as_lines(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1)


def _diff(before: list[str], after: list[str]) -> list[str]:
    diff = list(difflib.unified_diff(before, after, lineterm="", n=0))[2:]
    lines = [line for line in diff if not line.startswith("@@")]
    removed, added = (next((line[1:] for line in lines if line[0] == sign), "") for sign in "-+")
    # If two long lines begin alike, the part with the difference is shown.
    start = max(0, first_difference(removed, added) - _LEAD)
    shown = [_cut(line, start if line[1:] in (removed, added) else 0) for line in lines[:_MOST_LINES]]
    more = len(lines) - len(shown)
    return [*shown, *([f"... {more} more lines"] if more else [])]


def _cut(line: str, start: int) -> str:
    sign, text = line[0], line[1:]
    if len(text) > _WIDTH - 2 and start > 0:
        text = f"...{text[start:]}"
    return f"{sign} {text if len(text) <= _WIDTH - 2 else text[: _WIDTH - 5] + '...'}"
