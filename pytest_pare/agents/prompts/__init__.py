"""The prompts of the simulated user and the built-in agent: templates beside this module."""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template

NAMES = ("user", "user_situation", "observe", "execute", "format")


@cache
def version() -> str:
    """Return the version of the prompts: 8 hex digits, by the text of all of them."""
    text = "\0".join(f"{name}\0{_source(name)}" for name in NAMES)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def render(name: str, **facts: Any) -> str:
    """Return a prompt.

    Raises:
        jinja2.UndefinedError: If a variable of the template is missing.
    """
    try:
        return _rendered(name, **facts)
    except TypeError:
        # One of the facts has no hash.
        return _rendered.__wrapped__(name, **facts)


# The situation of the user is mostly the one of the turn before.
@lru_cache(maxsize=64, typed=True)
def _rendered(name: str, **facts: Any) -> str:
    return _template(name).render(facts, format=_source("format").strip()).strip()


@cache
def _source(name: str) -> str:
    return files(__name__).joinpath(f"{name}.jinja").read_text(encoding="utf-8")


@cache
def _template(name: str) -> Template:
    # Not before: a run in oracle mode has no prompts.
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - plain text, no markup
    return environment.from_string(_source(name))
