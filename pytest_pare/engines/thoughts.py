"""Thoughts that a reasoning model writes into its answer, in front of what it says."""

from __future__ import annotations

import re

_TAG = r"<{}(?:think|thinking)>"
_OPENING = re.compile(_TAG.format(""), re.IGNORECASE)
_END = re.compile(_TAG.format("/"), re.IGNORECASE)
# In the JSON of an action, a line feed is escaped: a tag that begins or ends a line is no part of an argument.
_OPENING_OF_LINE = re.compile(rf"^[ \t]*{_TAG.format('')}", re.IGNORECASE | re.MULTILINE)
_END_OF_LINE = re.compile(rf"^[ \t]*{_TAG.format('/')}|{_TAG.format('/')}[ \t]*$", re.IGNORECASE | re.MULTILINE)


def without_thoughts(answer: str) -> tuple[str, bool]:
    """Return an answer without the thoughts in front of it, and whether it breaks off in a thought.

    What stands in a thought that has no end is no part of the answer: the model only thinks of it.
    """
    rest = answer
    # Some prompts open the thought, so that the answer has its end alone.
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
