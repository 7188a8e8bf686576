"""The matchers of a verdict: the dialogue, the writes, and the state at the end of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from pytest_pare.scenarios.source_location import Line, authors_line, is_last_argument_literal
from pytest_pare.scenarios.writes import Write, inspection

if TYPE_CHECKING:
    from are.simulation.types import AbstractEnvironment

    from pytest_pare.scenarios.argument_tests import ArgumentTest


@runtime_checkable
class Matcher(Protocol):
    """A matcher of another kind, which a verdict asks when all before it match."""

    def failure(self, env: AbstractEnvironment) -> str | None:
        """Return why the run does not match, or `None` if it does."""
        ...


@dataclass(frozen=True)
class _Placed:
    _line: Line = field(default_factory=authors_line, init=False, repr=False, compare=False)

    @property
    def place(self) -> str:
        """The file and line that made the matcher."""
        return str(self._line)


@dataclass(frozen=True)
class Accepted(_Placed):
    """The user has accepted a proposal whose text passes a test, such as `mentions("Ann")`."""

    proposal: ArgumentTest | None = None

    function = "accept_proposal"


@dataclass(frozen=True)
class Rejected(_Placed):
    """The user has rejected a proposal whose text passes a test. Nothing is written until another is accepted."""

    proposal: ArgumentTest | None = None

    function = "reject_proposal"


@dataclass(frozen=True)
class Reported(_Placed):
    """The agent has reported its execution, after all of its writes, in a message that passes a test."""

    report: ArgumentTest | None = None


@dataclass(frozen=True)
class Silent(_Placed):
    """The agent has sent no message and tried no write, up to the last event of the world."""


@dataclass(frozen=True, init=False)
class Writes(_Placed):
    """Exactly these writes were made after the answer before, each once. A tuple holds alternatives.

    Attributes:
        expected: The writes, each with its alternatives.
        in_order: Whether they must be made in this order.
    """

    expected: tuple[tuple[Write, ...], ...]
    in_order: bool

    def __init__(self, *expected: Write | tuple[Write, ...], in_order: bool = False) -> None:
        object.__setattr__(self, "_line", authors_line())
        object.__setattr__(self, "expected", tuple((one,) if isinstance(one, Write) else one for one in expected))
        object.__setattr__(self, "in_order", in_order)


@dataclass(frozen=True)
class State(_Placed):
    """A sentence is true of the apps after the run.

    Attributes:
        sentence: What must be true, for the readers of a failure.
        holds: Whether it is true, or a function without arguments that tells it. The function is called only if the
            dialogue and the writes match.
        is_literal: Whether `holds` is written as `True` or `False`.
    """

    sentence: str
    holds: bool | Callable[[], Any]
    is_literal: bool = field(default=False, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Record whether `holds` is written as `True` or `False`, if the scenario is inspected."""
        if inspection() is not None and isinstance(self.holds, bool):
            object.__setattr__(self, "is_literal", is_last_argument_literal())

    def is_true(self) -> bool:
        """Tell whether the sentence is true now."""
        return bool(self.holds() if callable(self.holds) else self.holds)
