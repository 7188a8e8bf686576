"""Signatures and type hints of functions, which are read once.

ARE reads both at each call of a tool: a third of the time of a run in oracle mode.
"""

from __future__ import annotations

import importlib
import inspect
import typing
from types import FunctionType, UnionType
from typing import TYPE_CHECKING, Any, Union

if TYPE_CHECKING:
    from collections.abc import Callable

_SIGNATURE = "__kept_signature__"
_TYPE_HINTS = "__kept_type_hints__"


def signature(function: Callable[..., Any]) -> inspect.Signature:
    """Return what `inspect.signature` returns."""
    found: inspect.Signature = _kept(function, _SIGNATURE, _signature_of)
    return found


def type_hints(function: Callable[..., Any]) -> dict[str, Any]:
    """Return what `typing.get_type_hints` returns; the dictionary must not be changed.

    Raises:
        Exception: Whatever an annotation raises.
    """
    found: dict[str, Any] = _kept(function, _TYPE_HINTS, typing.get_type_hints)
    return found


def _kept(function: Any, name: str, read: Callable[[Any], Any]) -> Any:
    if type(function) is not FunctionType:
        return read(function)
    # Kept at the function, so that it lives as long. A decorator may copy the attribute to a function with another one.
    kept = function.__dict__.get(name)
    if kept is None or kept[0] is not function:
        kept = function.__dict__[name] = function, read(function)
    return kept[1]


class _PlainArguments(inspect.BoundArguments):
    """The arguments of a call by a plain signature, to which defaults are added faster."""

    __slots__ = ()

    def apply_defaults(self) -> None:
        """Add what `inspect.BoundArguments.apply_defaults` adds."""
        signature: Any = self.signature
        if len(self.arguments) < len(signature.parameters):
            self.arguments = signature.defaults | self.arguments


class _PlainSignature(inspect.Signature):
    """A signature without `*args` and the like, which binds faster.

    Attributes:
        defaults: The default of each parameter in the order of all parameters.
    """

    def __init__(self, signature: inspect.Signature) -> None:
        super().__init__(list(signature.parameters.values()), return_annotation=signature.return_annotation)
        plain = self.parameters
        self.defaults = {name: one.default for name, one in plain.items()}
        self._names = tuple(plain)
        self._required = {name for name, default in self.defaults.items() if default is inspect.Parameter.empty}

    def bind(self, /, *args: Any, **kwargs: Any) -> inspect.BoundArguments:
        """Return what `inspect.Signature.bind` returns, or raise what it raises."""
        names = self._names
        arguments: dict[str, Any] = dict(zip(names, args))  # noqa: B905 - `strict` takes as long as the rest
        arguments.update(kwargs)
        if (*arguments,) != names[: len(arguments)]:
            arguments = {name: arguments[name] for name in names if name in arguments}
        is_each_known = len(arguments) == len(args) + len(kwargs)
        if is_each_known and (len(arguments) == len(names) or self._required <= arguments.keys()):
            return _PlainArguments(self, arguments)
        return super().bind(*args, **kwargs)


def _signature_of(function: Callable[..., Any]) -> inspect.Signature:
    found = inspect.signature(function)
    is_plain = all(one.kind is one.POSITIONAL_OR_KEYWORD for one in found.parameters.values())
    return _PlainSignature(found) if is_plain else found


def _members(expected_type: Any) -> tuple[Any, ...]:
    """Return the members of a union, such as `int | str` or `Optional[int]`; none of another type."""
    is_union = isinstance(expected_type, UnionType) or getattr(expected_type, "__origin__", None) is Union
    members: tuple[Any, ...] = expected_type.__args__ if is_union else ()
    return members


class _Inspect:
    """The `inspect` module, with signatures that are read once."""

    signature = staticmethod(signature)

    def __getattr__(self, name: str) -> Any:
        return getattr(inspect, name)


def install() -> None:
    """Patch ARE's modules that call tools."""
    importlib.import_module("are.simulation.types").__dict__["inspect"] = _Inspect()
    checks = importlib.import_module("are.simulation.utils.type_utils").__dict__
    original = checks["check_type"]

    def check_type(value: Any, expected_type: Any) -> Any:
        kind = type(value)
        return kind is expected_type or kind in _members(expected_type) or original(value, expected_type)

    checks.update(inspect=_Inspect(), get_type_hints=type_hints, check_type=check_type)
