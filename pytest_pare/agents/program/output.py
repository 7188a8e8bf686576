"""What a program says besides the protocol: its standard error and its `log` notifications, for Python's `logging`."""

from __future__ import annotations

import logging
import re
from collections import deque
from typing import Any

from pytest_pare.agents.program.messages import shortened
from pytest_pare.base.redaction import redacted
from pytest_pare.results.run_entries import LOG_TITLE

_LOGGER = logging.getLogger("pytest_pare.agents.program")
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

# The lines of the standard error that a message shows, of which each is cut.
_LAST_LINES = 20
LONGEST_LINE = 500
_WORD = re.compile(r"\w+")
# A part of a line that is logged as a line.
_LONGEST_PART = 1 << 16


class Output:
    """Logs what a program says, without secrets, and keeps the last lines of its standard error.

    Args:
        label: The name of the program in the log.
        withheld: The names of the session's environment variables that it does not get, as secrets.
    """

    def __init__(self, label: str, withheld: frozenset[str]) -> None:
        self._label = label
        self._withheld = withheld
        self._lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._part = b""
        # How many lines of the standard error the present request has.
        self._of_request = 0

    def begin_request(self) -> None:
        """Begin a request, to whose lines those that were added before do not belong."""
        self._of_request = 0

    def add(self, chunk: bytes) -> None:
        """Add what was read from the standard error."""
        *lines, self._part = (self._part + chunk).split(b"\n")
        self._of_request += len(lines)
        if len(self._part) > _LONGEST_PART:
            lines, self._part = [*lines, self._part], b""
        if not lines:
            return
        # All lines at once: a key may have several, and each search costs more than its line.
        clean = redacted(b"\n".join(lines).decode("utf-8", "backslashreplace"))
        for text in map(str.rstrip, clean.split("\n")):
            self._lines.append(text if len(text) <= LONGEST_LINE else f"{text[:LONGEST_LINE]}...")
            _LOGGER.info("%s: %s", self._label, text)

    def notified(self, method: str, params: Any) -> None:
        """Log a notification; those of other methods than `log` are ignored."""
        if method != "log":
            name = shortened(method.encode("utf-8", "replace"))
            _LOGGER.debug("%s: the notification %s is not known, and ignored", self._label, name)
            return
        is_text = isinstance(params, dict) and isinstance(params.get("text"), str)
        level = _LEVELS.get(str(params.get("level", "info"))) if is_text else None
        if level is None:
            _LOGGER.warning("%s: a log notification needs a text, and a level of %s", self._label, ", ".join(_LEVELS))
        else:
            _LOGGER.log(level, "%s: %s", self._label, redacted(params["text"]))

    def last_lines(self) -> str:
        """Return the last lines of the standard error, as the end of a message."""
        lines = self._complete_lines()
        return self._hint(lines) + _listed(lines) if lines else "; it wrote nothing to its standard error"

    def lines_beyond(self, message: str) -> str:
        """Return the last lines since a request as the end of a message; an empty text if they say no more than it."""
        lines = self._complete_lines()
        lines = lines[max(0, len(lines) - self._of_request) :]
        has_more = any(line.strip() not in message for line in lines)
        return f"{self._hint([message, *lines])}{_listed(lines) if has_more else ''}"

    def _hint(self, lines: list[str]) -> str:
        names = sorted(self._withheld.intersection(_WORD.findall("\n".join(lines))))
        if not names:
            return ""
        return f"\nit does not get {', '.join(names)} of the session; if it needs that, name it in pass_env"

    def _complete_lines(self) -> list[str]:
        if self._part:
            self.add(b"\n")
        return list(self._lines)


def _listed(lines: list[str]) -> str:
    return "\n".join([f"\n{LOG_TITLE}", *(f"  {line}" for line in lines)])
