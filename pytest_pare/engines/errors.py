"""Errors of engines: a class for each cause.

None of them is a failure of the agent. The run ends with an exception, and its result has the `kind` of the cause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from pytest_pare.results.validation_result import ExceptionKind

SET_LIVE: Final = "which may cost money: set live: true in the suite, or add --pare-live"
"""What to do if a model would be called and the suite does not allow it."""


class EngineError(Exception):
    """An engine could not answer. The run ends with an exception, never as a failure of the agent.

    Attributes:
        kind: `configuration` if the error stays until a setting is changed, `infrastructure` if it may pass.
        may_pass: Whether the same request may succeed a little later.
        what: What happened.
        advice: What to do about it; empty if there is nothing to do.
        retry_after: Seconds to wait before the next request, by the provider's answer; `None` if it has no such value.
    """

    kind: ClassVar[ExceptionKind] = "infrastructure"
    may_pass: ClassVar[bool] = False

    def __init__(self, what: str, advice: str = "", retry_after: float | None = None) -> None:
        super().__init__("; ".join(filter(None, (what, advice))))
        self.what = what
        self.advice = advice
        self.retry_after = retry_after


class EngineConfigurationError(EngineError):
    """An engine cannot be made from its configuration, or its provider refuses the request."""

    kind = "configuration"


class ContextTooLongError(EngineConfigurationError):
    """The request is longer than the model reads."""


class RateLimitError(EngineError):
    """The provider refused a request as one too many."""

    may_pass = True


class ProviderOutageError(EngineError):
    """The provider cannot be reached, fails, or returns no usable answer."""

    may_pass = True


class EngineTimeoutError(EngineError):
    """A request took longer than `timeout_seconds` of the engine."""

    may_pass = True


class ContentRefusedError(EngineError):
    """The provider's content filter has blocked the request or the answer."""


class CassetteDrift(EngineConfigurationError):  # noqa: N818 - a change is no error
    """A request of the run differs from the recorded one."""
