"""Reads and checks scripted answers.

This module does not import ARE, so that a session can check answers before its first run.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_pare.base.documents import Document, DocumentError, Location, Problem, dotted, parse_yaml, read_text

_FORM = "must be a text, or a mapping of thought, action and action_input"


def read_answers(path: Path) -> Any:
    """Return the answers in a file: a list, or a mapping of scenario ids to lists.

    Args:
        path: The file.

    Raises:
        DocumentError: If it cannot be read, is not YAML, or has invalid answers.
    """
    source = str(path)
    document = parse_yaml(read_text(path, source), source)
    problems = list(document.problems)
    if not problems:
        wrong = dict(wrong_answers(document.data))
        wrong |= {location: message for location, message in left_empty(document) if location not in wrong}
        problems = [Problem(source, document.locate(one)[1], dotted(one), message) for one, message in wrong.items()]
    if problems:
        raise DocumentError(problems)
    return document.data


def wrong_answers(given: object) -> Iterator[tuple[Location, str]]:
    """Yield the place of each invalid part of scripted answers, and what is wrong there."""
    for scenario, answers in given.items() if isinstance(given, dict) else [(None, given)]:
        place: Location = () if scenario is None else (str(scenario),)
        if isinstance(answers, list):
            for index, answer in enumerate(answers):
                yield from (((*place, index, *key), message) for key, message in _wrong_answer(answer))
        else:
            message = f"must be a list of answers, or of a mapping by scenario id, got {_kind(answers)}"
            yield place, message


def left_empty(document: Document) -> Iterator[tuple[Location, str]]:
    """Yield the place of each empty value in scripted answers, except for empty arguments."""
    for _, location in document.empty:
        if location and location[-1] != "action_input":
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
    if not isinstance(arguments, dict | None):
        yield ("action_input",), f"must be a mapping of the arguments by name, got {_kind(arguments)}"
        return
    try:
        json.dumps(arguments)
    except (TypeError, ValueError) as error:
        # YAML has tags for sets and dates, and JSON does not.
        yield ("action_input",), f"cannot be written as JSON: {error}"


def _kind(value: object) -> str:
    return "nothing" if value is None else type(value).__name__
