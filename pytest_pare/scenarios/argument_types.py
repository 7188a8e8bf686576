"""Tells which expected arguments no call can have, from the annotations of a tool, and which tests refuse nothing."""

from __future__ import annotations

import dis
import inspect
import types
import typing
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from pytest_pare.are.signatures import signature, type_hints
from pytest_pare.base.redaction import redacted
from pytest_pare.scenarios.argument_tests import Described, shown

if TYPE_CHECKING:
    from collections.abc import Callable

_PLAIN = (str, int, float, bool, list, tuple, dict, type(None))
# Instructions of a function that reads nothing but constants.
_READS = ("LOAD_FAST", "LOAD_DEREF", "LOAD_GLOBAL", "LOAD_NAME", "LOAD_CLOSURE", "LOAD_CLASSDEREF")


def wrong_arguments(function: Callable[..., Any], expected: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the expected arguments of a tool, a sentence each.

    Args:
        function: The tool.
        expected: The expected arguments by name.
    """
    hints = _hints(function)
    found = []
    for name, wanted in expected.items():
        reason = wrong_test(wanted) or _impossible(wanted, hints.get(name, Any))
        if reason is not None:
            found.append(f"{name}: {reason}")
    return found


@lru_cache(maxsize=512)
def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the types of the arguments of a tool; `None` is one of those with this default."""
    original = inspect.unwrap(function)
    try:
        hints = dict(type_hints(original))
    except Exception:  # noqa: BLE001 - an annotation may name anything
        hints = {}
    for name, parameter in signature(original).parameters.items():
        if parameter.default is None:
            hints[name] = Union[hints.get(name, Any), None]  # noqa: UP007 - an annotation may be no type
    return hints


def wrong_test(wanted: Any) -> str | None:
    """Return why a test, or one in a value, is always true or never; `None` if neither is known."""
    if isinstance(wanted, Described):
        return redacted(wanted.defect) if wanted.defect else _first(map(wrong_test, wanted.parts))
    if isinstance(wanted, Mapping):
        return _first(map(wrong_test, wanted.values()))
    if isinstance(wanted, list | tuple):
        return _first(map(wrong_test, wanted))
    return "the test does not look at its argument; test the argument" if is_constant(wanted) else None


def is_constant(function: Any) -> bool:
    """Tell whether a function returns a constant, such as `lambda text: True`."""
    code = getattr(function, "__code__", None)
    return isinstance(code, types.CodeType) and _reads_nothing(code)


@lru_cache(maxsize=1024)
def _reads_nothing(code: types.CodeType) -> bool:
    return not any(one.opname.startswith(_READS) for one in dis.get_instructions(code))


def refuses_texts(wanted: Any) -> bool:
    """Tell whether a test can accept no text."""
    return isinstance(wanted, Described) and (
        (bool(wanted.kinds) and str not in wanted.kinds)
        or (bool(wanted.parts) and all(refuses_texts(one) or _is_no_text(one) for one in wanted.parts))
    )


def _is_no_text(value: Any) -> bool:
    return not callable(value) and not isinstance(value, str)


def _impossible(wanted: Any, hint: Any) -> str | None:
    """Return why an argument can never be as expected, or `None`."""
    if isinstance(wanted, Described):
        if wanted.kinds and not any(_can_be(kind, hint) for kind in wanted.kinds):
            return f"a value that {redacted(str(wanted))} is never {_name(hint)}, the type of this argument"
        return _first(_impossible(one, hint) for one in wanted.parts)
    if callable(wanted) or _can_have(wanted, hint):
        return None
    allowed = ", ".join(map(repr, _choices(hint)))
    must = f"one of {allowed}" if allowed else _name(hint)
    return f"expected {redacted(shown(wanted))}, and the argument is always {must}"


def _can_have(value: Any, hint: Any) -> bool:
    """Tell whether a value can be of an annotated type; unknown types are possible."""
    if callable(value):
        return True
    if _is_union(hint):
        return any(_can_have(value, one) for one in get_args(hint))
    if choices := _choices(hint):
        return (value.value if isinstance(value, Enum) else value) in choices
    plain = get_origin(hint) or hint
    return _is_of(value, plain, get_args(hint)) if isinstance(plain, type) else True


def _is_of(value: Any, plain: type, arguments: tuple[Any, ...]) -> bool:
    if plain is float or (plain is int and isinstance(value, float) and value.is_integer()):
        return isinstance(value, int | float)
    if issubclass(plain, Mapping):
        pairs = value.items() if isinstance(value, Mapping) else [(None, None)]
        return isinstance(value, Mapping) and (
            len(arguments) < 2 or all(_can_have(a, arguments[0]) and _can_have(b, arguments[1]) for a, b in pairs)
        )
    if plain in (list, tuple, Sequence):
        one = arguments[0] if arguments else Any
        return isinstance(value, list | tuple) and all(_can_have(item, one) for item in value)
    return isinstance(value, plain) if plain in _PLAIN else True


def _can_be(kind: type, hint: Any) -> bool:
    """Tell whether an argument can be of a type."""
    if _is_union(hint):
        return any(_can_be(kind, one) for one in get_args(hint))
    if choices := _choices(hint):
        return any(isinstance(one, kind) for one in choices)
    plain = get_origin(hint) or hint
    if not isinstance(plain, type) or plain not in _PLAIN:
        return True
    return issubclass(plain, kind) or (plain is float and kind is int)


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, types.UnionType)


def _choices(hint: Any) -> list[Any]:
    """Return the values of a literal or an enumeration; empty for other types."""
    if isinstance(hint, type) and issubclass(hint, Enum):
        return [one.value for one in hint]
    if _is_union(hint):
        return [choice for one in get_args(hint) for choice in _choices(one)]
    return list(get_args(hint)) if get_origin(hint) is Literal else []


def _name(hint: Any) -> str:
    if _is_union(hint):
        return " or ".join(_name(one) for one in get_args(hint) if one is not type(None))
    return hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint).replace("typing.", "")


def _first(sentences: typing.Iterable[str | None]) -> str | None:
    return next((one for one in sentences if one is not None), None)
