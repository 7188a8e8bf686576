"""The words of a scenario as it is written, which no drawn name may be."""

from __future__ import annotations

import re
from types import CodeType, FunctionType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def written_words(scenario: type) -> frozenset[str]:
    """Return the words in the texts of a scenario's class, in lower case.

    They come from the code of its functions and of the functions of its bases, and from texts of the module that the
    functions use.
    """
    texts = (text for base in scenario.__mro__ for text in _texts_of(base))
    return frozenset(word for text in texts for word in words_of(text))


def declares_draws(scenario: type) -> bool:
    """Return whether the code of a scenario's class uses `self.draw`."""
    return any("draw" in code.co_names for base in scenario.__mro__ for code in _codes_of(base))


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case."""
    return re.findall(r"\w+", text.casefold())


def _codes_of(cls: type) -> Iterator[CodeType]:
    if not _is_internal(cls):
        for value in vars(cls).values():
            if isinstance(value, FunctionType):
                yield from _nested(value.__code__)


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def _is_internal(cls: type) -> bool:
    return cls.__module__.partition(".")[0] in ("pytest_pare", "are", "builtins")


def _texts_of(cls: type) -> Iterator[str]:
    if _is_internal(cls):
        return
    for value in vars(cls).values():
        if isinstance(value, FunctionType):
            for code in _nested(value.__code__):
                yield from _strings(code.co_consts)
                for name in code.co_names:
                    yield from _strings(value.__globals__.get(name))
        else:
            yield from _strings(value)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple | list | frozenset):
        for item in value:
            yield from _strings(item)
