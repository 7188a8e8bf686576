"""The texts of notifications, made when they are first read: many are read by no one."""

from __future__ import annotations

import re
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from are.simulation.apps.agent_user_interface import AUIMessage, Sender

from pytest_pare.are.copies import ATOMS
from pytest_pare.simulation.notification_templates import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jinja2 import Environment, Template

_BODY_LENGTH = 20
_VARIABLE = re.compile(r"\{\{ (\w+)( \| short)? \}\}")
_WORD = re.compile(r"\w+")


def made_later(text: Callable[[], str], values: Iterable[Any]) -> Callable[[], str]:
    """Return what makes a text of values as they are now.

    Args:
        text: Makes the text. It is called at once if a value may change.
        values: The values.
    """
    return text if ATOMS.issuperset(map(type, values)) else _made_now(text)


def message_text(sender: Sender, content: str, now: float) -> str:
    """Return the text of a message between the user and the agent, which is sent and read at a time."""
    return str(AUIMessage(sender=sender, content=content, timestamp=now, time_read=now))


def call_text(tool: str, arguments: dict[str, Any]) -> str:
    """Return the text of a call."""
    return f"{tool}({', '.join(f'{name}={value!r}' for name, value in arguments.items())})"


def rendered(begin: str, source: str, facts: dict[str, Any]) -> Callable[[], str]:
    """Return what makes the text of an announcement.

    Templates that only have variables need no Jinja, which takes ten times as long, and whose import takes 3 % of a
    session.

    Args:
        begin: The begin of the text.
        source: The template of the rest.
        facts: The variables.

    Raises:
        jinja2.TemplateError: If the template is wrong, or a variable is missing.
    """
    plain = _plain(source)
    if plain is not None and facts.keys() >= plain.names:
        values = [facts[name] for name, _ in plain.variables]
        return made_later(partial(_filled, begin, plain, values), values)
    named = {name: value for name, value in facts.items() if name in _words(source)}
    text = partial(_by_jinja, begin, source, named)
    # A template of another package may be wrong.
    return made_later(text, named.values()) if source in TEMPLATES else _made_now(text)


def _made_now(text: Callable[[], str]) -> Callable[[], str]:
    made = text()
    return lambda: made


class _Plain(NamedTuple):
    """A template that only has variables.

    Attributes:
        text: The text, with `%s` for each variable.
        variables: Each variable, and whether it is cut.
        names: The variables.
    """

    text: str
    variables: list[tuple[str, bool]]
    names: frozenset[str]


def _filled(begin: str, plain: _Plain, values: list[Any]) -> str:
    shown = [_short(value) if is_cut else value for value, (_, is_cut) in zip(values, plain.variables, strict=True)]
    return begin + plain.text % tuple(shown)


def _by_jinja(begin: str, source: str, facts: dict[str, Any]) -> str:
    return begin + _template(source).render(facts)


@cache
def _words(source: str) -> frozenset[str]:
    """Return the words of a template, its variables among them."""
    return frozenset(_WORD.findall(source))


@cache
def _plain(source: str) -> _Plain | None:
    """Return a template that only has variables; `None` if it has more."""
    # A text, a variable, whether it is cut, and so on up to a last text.
    parts = _VARIABLE.split(source)
    if "{" in "".join(parts[::3]):
        return None
    text = "%s".join(part.replace("%", "%%") for part in parts[::3])
    variables = [(name, bool(cut)) for name, cut in zip(parts[1::3], parts[2::3], strict=True)]
    return _Plain(text, variables, frozenset(parts[1::3]))


@cache
def _environment() -> Environment:
    # Announcements that only have variables do without.
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701 - plain text, no markup
    environment.filters["short"] = _short
    return environment


@cache
def _template(source: str) -> Template:
    return _environment().from_string(source)


def _short(text: Any) -> str:
    # As many words are longer than the cut.
    flat = " ".join(str(text).split(None, _BODY_LENGTH)[:_BODY_LENGTH])
    return flat if len(flat) <= _BODY_LENGTH else flat[:_BODY_LENGTH] + "..."
