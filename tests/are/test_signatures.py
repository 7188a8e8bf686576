"""Tests of signatures and type hints that are read once."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import Any

import pytest

from pytest_pare.are.signatures import signature, type_hints


def plain(a: int, b: str = "x") -> None:
    """Take plain arguments."""


def any_more(a: int, *rest: int, **more: int) -> None:
    """Take any arguments."""


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((1,), {}),
        ((1, "y"), {}),
        ((), {"b": "y", "a": 1}),
        ((1,), {"b": "y"}),
        ((), {}),
        ((1, "y", 2), {}),
        ((1,), {"a": 1}),
        ((1,), {"c": 1}),
        ((), {"b": "y"}),
    ],
)
@pytest.mark.parametrize("function", [plain, any_more])
def test_calls_are_bound_as_by_python(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    def bound(found: inspect.Signature) -> Any:
        try:
            arguments = found.bind(*args, **kwargs)
        except TypeError as error:
            return str(error)
        arguments.apply_defaults()
        return list(arguments.arguments.items()), arguments.args, arguments.kwargs

    assert bound(signature(function)) == bound(inspect.signature(function))


def test_each_function_has_a_signature_of_its_own() -> None:
    assert signature(plain) is signature(plain)
    assert type_hints(plain) is type_hints(plain)
    assert type_hints(plain) == {"a": int, "b": str, "return": type(None)}

    @wraps(plain)
    def wrapper(*args: Any) -> None:
        """Have other arguments."""

    vars(wrapper)["__signature__"] = inspect.Signature()
    wrapper.__annotations__ = {}

    assert not signature(wrapper).parameters
    assert type_hints(wrapper) == {}
