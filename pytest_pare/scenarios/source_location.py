"""Places in the code of scenarios as `file:line`, relative to the working directory."""

from __future__ import annotations

import dis
import inspect
import os
import sys
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

_BEFORE_CALL = ("CACHE", "EXTENDED_ARG", "KW_NAMES", "NOP", "PRECALL")
_MACHINERY = ("are", "contextlib", "functools", "pytest_pare")


def authors_place() -> str:
    """Return the file and line of the innermost caller outside of ARE and this package."""
    return str(authors_line())


class Line(NamedTuple):
    """A line of code, with the text of its place; making the text of each line of a scenario would cost time.

    Attributes:
        code: The function; `None` for no place, whose text is empty.
        number: The number of the line.
    """

    code: CodeType | None
    number: int

    def __str__(self) -> str:
        return "" if self.code is None else _place(self.code, self.number)


def authors_line() -> Line:
    """Return the line of the innermost caller outside of ARE and this package."""
    frame = _authors_frame()
    return Line(None, 0) if frame is None else Line(frame.f_code, frame.f_lineno)


def is_last_argument_literal() -> bool:
    """Tell whether the last argument of the innermost call outside of this package is written as `True` or `False`."""
    frame = _authors_frame()
    if frame is None:
        return False
    return _is_last_literal(frame.f_code, frame.f_lasti)


@lru_cache(maxsize=1024)
def _is_last_literal(code: CodeType, call: int) -> bool:
    """Tell whether the last argument of the call at an offset is written as `True` or `False`."""
    if not any(isinstance(one, bool) for one in code.co_consts):
        return False
    before = [
        one
        for one in dis.get_instructions(code)
        # The names of keyword arguments may be loaded in between, as a tuple.
        if one.offset < call and one.opname not in _BEFORE_CALL and not isinstance(one.argval, tuple)
    ]
    return bool(before) and before[-1].opname.startswith("LOAD_") and isinstance(before[-1].argval, bool)


def _authors_frame() -> FrameType | None:
    # The callers of this function, and theirs, are of this package.
    frame: FrameType | None = sys._getframe(3)
    while frame is not None and _is_machinery(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    return frame


@cache
def _is_machinery(module: str) -> bool:
    return module.partition(".")[0] in _MACHINERY


def place_of(function: Callable[..., Any]) -> str:
    """Return the file and first line of a function."""
    code = inspect.unwrap(function).__code__
    return _place(code, code.co_firstlineno)


def _place(code: CodeType, line: int) -> str:
    # The working directory may have been deleted or changed.
    with suppress(FileNotFoundError):
        return f"{_relative(code.co_filename, os.getcwd())}:{line}"  # noqa: PTH109 - `Path.cwd()` is slow
    return f"{code.co_filename}:{line}"


@cache
def _relative(file: str, directory: str) -> str:
    with suppress(ValueError):
        return str(Path(file).relative_to(directory))
    return file
