"""Errors of turns and tool calls, and of loading an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pytest_pare.results.validation_result import ExceptionKind


class TurnOver(Exception):  # noqa: N818 - the end of a turn is no error
    """The turn is over, and nothing more can be done in it."""


class StaleTurn(TurnOver):
    """The agent used a turn that it had kept from earlier, after that turn had ended."""


class ConsentRequired(Exception):  # noqa: N818 - the agent may ask and go on
    """A write was refused, because the user has accepted nothing."""


class ToolFailure(Exception):  # noqa: N818 - the same call may succeed the next time
    """Noise of the suite made a tool call fail at random, before anything was done."""


class ToolTimeout(TimeoutError):  # noqa: N818 - the outcome of the call is unknown
    """Noise of the suite made a tool call time out at random. Its effect may have happened or not."""


class UnknownToolError(KeyError):
    """There is no such tool, or not any more."""

    def __str__(self) -> str:
        # A KeyError's own puts quotes around it.
        return str(self.args[0])


class AgentTypeError(Exception):
    """An `agent_type` does not lead to an agent. If its module raised an exception, that is the `__cause__`.

    Attributes:
        kind: The kind of error that the run's result has.
    """

    kind: ClassVar[ExceptionKind] = "configuration"

    def __init__(self, agent_type: str, why: str) -> None:
        super().__init__(f"agent_type {agent_type!r}: {why}")


class ProgramError(Exception):
    """A program cannot be used as an agent: it does not start, or does not follow the protocol.

    Attributes:
        kind: The kind of error that the run's result has.
    """

    kind: ClassVar[ExceptionKind] = "configuration"


class ProgramFailure(Exception):  # noqa: N818 - the outcome of a turn
    """A program that is the agent under test has failed: it ended in a turn, took too long, or reported an error."""
