"""What can be wrong with an engine, apart from the agent: a class for each cause.

None of them is the agent's failure. The run ends as an exception, and its result has the cause's `kind`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pytest_pare.results.validation_result import ErrorKind


class EngineError(Exception):
    """An engine could not answer. The run ends as an exception, never as the agent's failure.

    Attributes:
        kind: `configuration` if it stays until somebody changes something, `infrastructure` if it may pass.
        may_pass: Whether the same request may well succeed a little later.
        what: What happened.
        advice: What to do about it; empty if there is nothing.
        retry_after: Seconds that the provider asks to wait before the next request; `None` if it does not say.
    """

    kind: ClassVar[ErrorKind] = "infrastructure"
    may_pass: ClassVar[bool] = False

    def __init__(self, what: str, advice: str = "", retry_after: float | None = None) -> None:
        super().__init__("; ".join(filter(None, (what, advice))))
        self.what = what
        self.advice = advice
        self.retry_after = retry_after


class EngineConfigurationError(EngineError):
    """An engine cannot be made from its configuration, or its provider refuses what it asks."""

    kind = "configuration"


class ContextTooLongError(EngineConfigurationError):
    """What the agent has to tell is more than the model reads."""


class RateLimitError(EngineError):
    """There were too many requests."""

    may_pass = True


class ProviderOutageError(EngineError):
    """The provider is not there, fails, or answers what is no answer."""

    may_pass = True


class EngineTimeoutError(EngineError):
    """A request took longer than `timeout_seconds` of the engine."""

    may_pass = True


class ContentRefusedError(EngineError):
    """The provider's content filter has kept the request or the answer back."""


class CassetteDrift(EngineConfigurationError):  # noqa: N818 - it is no error of anyone's, but a change
    """A run asks something else than was recorded."""
