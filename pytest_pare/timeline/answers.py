"""Reads the answers of models: the thought, and the calls that it asks for."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

_ACTION = re.compile(r"^[ \t]*Action:", re.MULTILINE)
_END = "<end_action>"
_THOUGHT = re.compile(r"\A\s*Thought:\s*")
# An agent's own model, whose answer the trace has as text: what it says, then a line for each call.
_CALL = re.compile(r"([A-Za-z_][\w.-]*)\((\{.*\})\)")


class Answer(NamedTuple):
    """The answer of a model, read.

    Attributes:
        thought: The text besides the calls; empty for none.
        calls: The tools that it calls, each with its arguments.
    """

    thought: str
    calls: list[tuple[str, dict[str, Any]]]


def read_answer(response: str) -> Answer:
    """Return an answer in ARE's format, or of an agent's own model; of anything else, the text alone."""
    before, *actions = _ACTION.split(response)
    if len(actions) == 1:
        call = _object(actions[0].split(_END)[0]) or {}
        if isinstance(name := call.get("action"), str):
            arguments = call.get("action_input")
            return Answer(_THOUGHT.sub("", before).strip(), [(name, arguments if isinstance(arguments, dict) else {})])
    text, calls = [], []
    for line in response.split("\n"):
        found = _CALL.fullmatch(line)
        arguments = None if found is None else _object(found[2])
        if found is None or arguments is None:
            text.append(line)
        else:
            calls.append((found[1], arguments))
    return Answer(_THOUGHT.sub("", "\n".join(text)).strip(), calls)


def _object(text: str) -> dict[str, Any] | None:
    """Return the JSON object that a text holds; `None` if there is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
