"""Finds the frames of the user's own code in a stack.

Other frames are those of Python, of installed packages and of this plugin.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NOT_USERS = tuple(
    f"{Path(path).resolve()}/"
    for path in (*map(sysconfig.get_path, ("stdlib", "purelib", "platlib")), str(Path(__file__).parents[1]))
)


def is_users(filename: str) -> bool:
    """Return whether a file holds the user's own code."""
    return not filename.startswith("<frozen ") and not str(Path(filename).resolve()).startswith(_NOT_USERS)


def users_traceback(traceback: TracebackType | None) -> TracebackType | None:
    """Return a traceback with only those frames that are the user's; `None` if there are none."""
    entries = []
    while traceback is not None:
        entries.append(traceback)
        traceback = traceback.tb_next
    kept: TracebackType | None = None
    for entry in reversed(entries):
        if is_users(entry.tb_frame.f_code.co_filename):
            kept = TracebackType(kept, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return kept


def place(frames: Iterable[tuple[str, int]]) -> str | None:
    """Return where a stack is, as `file:line` of the user's innermost frame, or of any; `None` for no frame.

    Args:
        frames: File and line of each frame, the innermost first.
    """
    every = list(frames)
    if not every:
        return None
    file, line = next((frame for frame in every if is_users(frame[0])), every[0])
    return f"{shown(Path(file))}:{line}"


def stack_of(frame: FrameType | None) -> Iterator[tuple[str, int]]:
    """Yield file and line of a frame and of those that called it, the innermost first."""
    while frame is not None:
        yield frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back


def shown(path: Path) -> Path:
    """Return a path as it is printed: relative to the working directory if it is below it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
