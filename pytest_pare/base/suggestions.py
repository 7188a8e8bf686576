"""Suggestions for names that do not exist."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def did_you_mean(
    name: str,
    known: Iterable[str],
    *,
    otherwise: Iterable[str] = (),
    most: int = 1,
    show: Callable[[str], str] = repr,
) -> str:
    """Return the end of a message about an unknown name: `; did you mean 'water'?`, or nothing without a similar name.

    Args:
        name: The unknown name.
        known: The names that exist.
        otherwise: The names to suggest if none of these is similar.
        most: The largest number of suggestions.
        show: Writes a suggestion.
    """
    close = get_close_matches(name, list(known), n=most) or list(otherwise)[:most]
    return f"; did you mean {' or '.join(map(show, close))}?" if close else ""


def suggested_glob(glob: str, known: Iterable[str]) -> str:
    """Return the end of a message about a glob without a match; one that is a part of a name lacks stars."""
    known = list(known)
    return f"; did you mean '*{glob}*'?" if any(glob in name for name in known) else did_you_mean(glob, known)
