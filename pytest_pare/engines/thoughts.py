"""Removes the thoughts that a reasoning model writes in front of its answer."""

from __future__ import annotations

import re

_TAG = r"<{}(?:think|thinking)>"
_OPENING = re.compile(_TAG.format(""), re.IGNORECASE)
_END = re.compile(_TAG.format("/"), re.IGNORECASE)
# A tag at the begin or end of a line is no part of an argument: the JSON of an action escapes line feeds.
_OPENING_OF_LINE = re.compile(rf"^[ \t]*{_TAG.format('')}", re.IGNORECASE | re.MULTILINE)
_END_OF_LINE = re.compile(rf"^[ \t]*{_TAG.format('/')}|{_TAG.format('/')}[ \t]*$", re.IGNORECASE | re.MULTILINE)


def without_thoughts(answer: str) -> tuple[str, bool]:
    """Return an answer without the thoughts in front of it, and whether it breaks off in a thought.

    The text of a thought without an end is no part of the answer.
    """
    rest = answer
    # Some prompts open the thought, so that the answer has only its closing tag.
    if (end := _END_OF_LINE.search(rest)) and not _OPENING.search(rest, 0, end.start()):
        rest = rest[end.end() :]
    while (opening := _OPENING.match(rest.lstrip())) is not None:
        rest = rest.lstrip()
        end = _END.search(rest, opening.end())
        if end is None:
            return "", True
        rest = rest[end.end() :]
    if rest != answer:
        rest = rest.lstrip()
    for opening in _OPENING_OF_LINE.finditer(rest):
        if _END.search(rest, opening.end()) is None:
            return rest[: opening.start()], True
    return rest, False
