"""The content of the phone's apps as text: `print(env.phone)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_pare.base.redaction import redacted
from pytest_pare.base.serialization import to_builtins
from pytest_pare.simulation.app_lines import card_of, lines_of, talk_of, when

if TYPE_CHECKING:
    from collections.abc import Iterable

    from are.simulation.apps.app import App

_WIDTH: Final = 80
_CARD_WIDTH: Final = 300
_CARD_LINES: Final = 60


class PhoneText:
    """The content of the apps on a phone, for people: `str` has at most 80 columns, and a line for each entry.

    Args:
        apps: The apps.
        time: The present time, in epoch seconds of the simulated clock.
        screen: What is on the screen; `None` for nothing.
    """

    def __init__(self, apps: Iterable[App], time: float, screen: str | None) -> None:
        self._apps = list(apps)
        self._time = time
        self._screen = screen

    def __str__(self) -> str:
        """Return the text."""
        # Imported here, because it takes a second, and a card needs no app.
        from are.simulation.apps.agent_user_interface import AgentUserInterface

        lines = [f"{when(self._time)}, on the screen: {self._screen or 'nothing'}"]
        for app in self._apps:
            state: Any = to_builtins(app.get_state())
            if not state:
                continue
            lines.append(app.name)
            content = talk_of(state) if isinstance(app, AgentUserInterface) else lines_of(state)
            lines += [f"{'  ' * level}{_flat(text)}" for level, text in content or [(1, "empty")]]
        return "\n".join(_cut(line, _WIDTH) for line in map(redacted, lines))


def card_lines(state: dict[str, Any]) -> list[tuple[int, str]]:
    """Return the card of an app, for people: the level of indentation of each line, from 1 on, and its text.

    A line has at most 300 characters. After 60 lines, the last one says how many are missing.

    Args:
        state: The state of the app as builtins.
    """
    content = [(level, _cut(redacted(_flat(text)), _CARD_WIDTH)) for level, text in card_of(state or {})]
    missing = len(content) - _CARD_LINES
    if missing > 0:
        content = [*content[:_CARD_LINES], (1, f"... {missing} more")]
    return content or [(1, "empty")]


def _flat(text: str) -> str:
    return " ".join(text.split())


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else f"{line[: width - 1]}…"
