"""Reads the answers of models: the thought, and the call that it asks for."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

_ACTION = re.compile(r"^[ \t]*Action:", re.MULTILINE)
_END = "<end_action>"
_THOUGHT = re.compile(r"\A\s*Thought:\s*")


class Answer(NamedTuple):
    """The answer of a model, read.

    Attributes:
        thought: The text besides the calls; empty for none.
        calls: The tools that it calls, each with its arguments.
    """

    thought: str
    calls: list[tuple[str, dict[str, Any]]]


def read_answer(response: str) -> Answer:
    """Return an answer in ARE's format, or in one of OpenAI's; of anything else, the text alone."""
    before, *actions = _ACTION.split(response)
    if len(actions) == 1:
        call = _object(actions[0].split(_END)[0])
        if isinstance(name := call.get("action"), str):
            arguments = call.get("action_input")
            return Answer(_THOUGHT.sub("", before).strip(), [(name, arguments if isinstance(arguments, dict) else {})])
    if response.startswith("{") and (found := _of_body(_object(response))) is not None:
        return found
    return Answer(_THOUGHT.sub("", response).strip(), [])


def _of_body(body: dict[str, Any]) -> Answer | None:
    """Return the answer in a body of OpenAI's formats; `None` if it is none."""
    choices, output = body.get("choices"), body.get("output")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        message = choices[0].get("message")
        message = message if isinstance(message, dict) else {}
        calls = [one.get("function") for one in _objects(message.get("tool_calls"))]
        return Answer(_content(message.get("content")), _calls(calls))
    if isinstance(output, list):
        items = _objects(output)
        texts = [_content(one.get("content")) for one in items if one.get("type") == "message"]
        return Answer("\n".join(filter(None, texts)), _calls([one for one in items if "call_id" in one]))
    return None


def _calls(functions: list[Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(str(one.get("name")), _object(one.get("arguments"))) for one in _objects(functions)]


def _content(content: Any) -> str:
    """Return the text of a message, whose content may be a list of parts."""
    if isinstance(content, list):
        return "\n".join(str(one.get("text", "")) for one in _objects(content))
    return "" if content is None else str(content)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _object(text: Any) -> dict[str, Any]:
    """Return the JSON object that a text holds; an empty one if there is none."""
    try:
        value = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
