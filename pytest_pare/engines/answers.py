"""Reads and checks scripted answers.

This module does not import ARE, so that a session can check answers before its first run.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_pare.base.documents import Document, DocumentError, Location, Problem, dotted, parse_yaml, read_text

_FORM = "must be a text, or a mapping of thought, action and action_input"
_JUDGES_FORM = "must be a text, or a mapping of holds (true or false) and reason (a text)"
_AGENTS_FORM = "must be a text, or a mapping of content and tool_calls"


def read_answers(path: Path, role: str) -> Any:
    """Return the answers in a file: a list, or a mapping of scenario ids to lists.

    Args:
        path: The file.
        role: The role of the engine.

    Raises:
        DocumentError: If it cannot be read, is not YAML, or has invalid answers.
    """
    source = str(path)
    document = parse_yaml(read_text(path, source), source)
    problems = list(document.problems)
    if not problems:
        wrong = dict(wrong_answers(document.data, role))
        wrong |= {location: message for location, message in left_empty(document) if location not in wrong}
        problems = [Problem(source, document.locate(one)[1], dotted(one), message) for one, message in wrong.items()]
    if problems:
        raise DocumentError(problems)
    return document.data


def wrong_answers(given: object, role: str) -> Iterator[tuple[Location, str]]:
    """Yield the place of each invalid part of a role's scripted answers, and what is wrong there."""
    check = {"agent": _wrong_answer_to_agent, "judge": _wrong_judgement}.get(role, _wrong_answer)
    for scenario, answers in given.items() if isinstance(given, dict) else [(None, given)]:
        place: Location = () if scenario is None else (str(scenario),)
        if isinstance(answers, list):
            for index, answer in enumerate(answers):
                yield from (((*place, index, *key), message) for key, message in check(answer))
        else:
            message = f"must be a list of answers, or of a mapping by scenario id, got {_kind(answers)}"
            yield place, message


def left_empty(document: Document) -> Iterator[tuple[Location, str]]:
    """Yield the place of each empty value in scripted answers, except for empty arguments."""
    for _, location in document.empty:
        if location and location[-1] not in ("action_input", "arguments"):
            yield location, "is empty; write null for nothing, or '' for an empty text"


def _wrong_answer(answer: object) -> Iterator[tuple[Location, str]]:
    if isinstance(answer, str):
        return
    if not isinstance(answer, dict):
        yield (), f"{_FORM}, got {_kind(answer)}"
        return
    for key in sorted(map(str, answer.keys() - {"thought", "action", "action_input"})):
        yield (key,), f"unknown key {key}; an answer {_FORM}"
    action, arguments, thought = answer.get("action"), answer.get("action_input"), answer.get("thought")
    if not (isinstance(action, str) and action):
        yield ("action",), f"must be the name of a tool, got {_kind(action)}"
    if not isinstance(thought, str | None):
        yield ("thought",), f"must be a text, got {_kind(thought)}"
    yield from _wrong_arguments("action_input", arguments)


def _wrong_judgement(answer: object) -> Iterator[tuple[Location, str]]:
    if isinstance(answer, str):
        return
    if not isinstance(answer, dict):
        yield (), f"{_JUDGES_FORM}, got {_kind(answer)}"
        return
    for key in sorted(map(str, answer.keys() - {"holds", "reason"})):
        yield (key,), f"unknown key {key}; a judgement {_JUDGES_FORM}"
    if not isinstance(holds := answer.get("holds"), bool):
        yield ("holds",), f"must be true or false, got {_kind(holds)}"
    if not isinstance(reason := answer.get("reason", ""), str):
        yield ("reason",), f"must be a text, got {_kind(reason)}"


def _wrong_answer_to_agent(answer: object) -> Iterator[tuple[Location, str]]:
    if isinstance(answer, str):
        return
    if not isinstance(answer, dict):
        yield (), f"{_AGENTS_FORM}, got {_kind(answer)}"
        return
    for key in sorted(map(str, answer.keys() - {"content", "tool_calls"})):
        yield (key,), f"unknown key {key}; an answer {_AGENTS_FORM}"
    content, calls = answer.get("content"), answer.get("tool_calls")
    if not isinstance(content, str | None):
        yield ("content",), f"must be a text, got {_kind(content)}"
    if not isinstance(calls, list | None):
        yield ("tool_calls",), f"must be a list of mappings of name and arguments, got {_kind(calls)}"
        return
    for index, call in enumerate(calls or ()):
        place: Location = ("tool_calls", index)
        if not isinstance(call, dict):
            yield place, f"must be a mapping of name and arguments, got {_kind(call)}"
            continue
        for key in sorted(map(str, call.keys() - {"name", "arguments"})):
            yield (*place, key), f"unknown key {key}; a call is a mapping of name and arguments"
        if not (isinstance(name := call.get("name"), str) and name):
            yield (*place, "name"), f"must be the name of a tool, got {_kind(name)}"
        yield from (((*place, *key), message) for key, message in _wrong_arguments("arguments", call.get("arguments")))


def _wrong_arguments(key: str, arguments: object) -> Iterator[tuple[Location, str]]:
    if not isinstance(arguments, dict | None):
        yield (key,), f"must be a mapping of the arguments by name, got {_kind(arguments)}"
        return
    try:
        json.dumps(arguments)
    except (TypeError, ValueError) as error:
        # YAML has tags for sets and dates, and JSON does not.
        yield (key,), f"cannot be written as JSON: {error}"


def _kind(value: object) -> str:
    return "nothing" if value is None else type(value).__name__
