"""Exceptions that end a run, with the kind of their cause."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pytest_pare.results.validation_result import ExceptionKind


class AgentFailure(Exception):  # noqa: N818 - a failed agent is a result, and no error of the simulation
    """The agent under test raised an exception, or returned a value. `__cause__` is the exception."""


class ToolFaultError(Exception):
    """A tool fault of an extension raised an error of its own. `__cause__` is the error.

    Attributes:
        kind: The kind of the run's exception.
    """

    kind: ClassVar[ExceptionKind] = "configuration"


class RunEnded(BaseException):
    """The run is over. It is no `Exception`, so that an agent's `except Exception` does not catch it.

    Attributes:
        cause: Why.
    """

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class WorldOver(Exception):  # noqa: N818 - the end of the simulated world is no error
    """The simulated world has ended.

    Attributes:
        is_error: Whether a span that ends with it has failed.
    """

    is_error: ClassVar[bool] = False
