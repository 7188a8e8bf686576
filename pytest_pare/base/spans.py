"""A span of OpenTelemetry that may not exist, and what goes into it.

The names of attributes are those of the semantic conventions 1.44.0 with their GenAI part, or begin with `pare.`. They
are literals, because the Python package of the conventions has deprecated all of its constants for GenAI.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.base.redaction import redacted, redacted_all, redacted_plain
from pytest_pare.base.serialization import to_short_builtins, to_short_text, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from opentelemetry import trace
    from opentelemetry.context import Context

CONVENTIONS: Final = "https://opentelemetry.io/schemas/1.44.0"
"""The version of the semantic conventions."""

_CAPTURE: Final = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_CAPTURING: Final = ("true", "span_only", "span_and_event")


class Span:
    """A span, or nothing while telemetry is off. As a context manager it is the current span of OpenTelemetry.

    Args:
        span: OpenTelemetry's span; `None` if there is none.
        of_run: The attributes that the spans of a run share.
    """

    def __init__(self, span: trace.Span | None, of_run: Mapping[str, Any]) -> None:
        self.of_run = of_run
        self._span = span
        self._tokens: tuple[Any, Any] | None = None

    def __enter__(self) -> Self:
        if self._span is not None:
            self._tokens = self._attach()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._span is None:
            return
        if error is not None:
            # The end of a run is raised as a `BaseException` with its cause.
            cause = error if isinstance(error, Exception) else getattr(error, "cause", error)
            if getattr(type(cause), "is_error", True):
                self.failed(type(cause).__name__, to_short_text(cause))
        _detach(self._tokens)
        self._span.end()

    @contextmanager
    def active(self) -> Iterator[None]:
        """Make this the current span, also in another context than that in which it begins and ends."""
        tokens = self._attach()
        try:
            yield
        finally:
            _detach(tokens)

    def _attach(self) -> tuple[Any, Any] | None:
        if self._span is None:
            return None
        from opentelemetry import context, trace

        return context.attach(trace.set_span_in_context(self._span)), _current.set(self)

    def context(self) -> Context | None:
        """Return the context of spans inside of this one; `None` if there is no span."""
        if self._span is None:
            return None
        from opentelemetry import trace

        return trace.set_span_in_context(self._span)

    def traceparent(self) -> str | None:
        """Return what spans of another process need to be inside of this one, in W3C's text; `None` without a span."""
        if self._span is None:
            return None
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        carrier: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(carrier, self.context())
        return carrier.get("traceparent")

    def set(self, attributes: Mapping[str, Any]) -> None:
        """Set attributes, except those whose value is `None`."""
        if self._span is not None:
            self._span.set_attributes(prepared(attributes))

    def set_content(self, contents: Mapping[str, Any]) -> None:
        """Set attributes to values as JSON without their secrets, if content is captured."""
        if self._span is not None and os.environ.get(_CAPTURE, "").strip().lower() in _CAPTURING:
            # Texts in them are cut, and the JSON as a whole is not.
            plain = {name: redacted_plain(to_short_builtins(value)) for name, value in contents.items()}
            self._span.set_attributes(
                {name: to_text(json.dumps(value, ensure_ascii=False)) for name, value in plain.items()}
            )

    def failed(self, error: str, description: str | None = None) -> None:
        """Mark the span as failed.

        Args:
            error: The kind of error, such as the name of an exception's class.
            description: A text for readers.
        """
        if self._span is not None:
            from opentelemetry.trace import StatusCode

            self.set({"error.type": error})
            self._span.set_status(StatusCode.ERROR, None if description is None else clean(description))

    def returned(self, result: Any) -> Any:
        """Set the result of a tool call, if content is captured, and return it."""
        self.set_content({"gen_ai.tool.call.result": result})
        return result

    def answered(
        self,
        figures: Mapping[str, Any],
        request: Sequence[Mapping[str, Any]],
        answer: str,
        *,
        is_replayed: bool,
        simulated_seconds: float,
    ) -> None:
        """Set the answer of a model.

        Args:
            figures: Its figures, as engines return them: `prompt_tokens`, `completion_tokens`, `cost` in US dollars,
                `finish_reason`.
            request: The messages that it answers, with `role` and `content`; exported if content is captured.
            answer: Its text; exported if content is captured.
            is_replayed: Whether it comes from a cassette.
            simulated_seconds: The simulated time that it takes.
        """
        if self._span is None:
            return
        reason = figures.get("finish_reason")
        self.set(
            {
                "gen_ai.usage.input_tokens": figures.get("prompt_tokens"),
                "gen_ai.usage.output_tokens": figures.get("completion_tokens"),
                "gen_ai.response.finish_reasons": None if reason is None else [reason],
                "pare.cost": figures.get("cost"),
                "pare.replayed": is_replayed,
                "pare.simulated_seconds": simulated_seconds,
            }
        )
        said = _message({"role": "assistant", "content": answer})
        said |= {} if reason is None else {"finish_reason": reason}
        self.set_content({"gen_ai.input.messages": list(map(_message, request)), "gen_ai.output.messages": [said]})

    def judged(self, status: str, *, success: bool | None, error: str | None, explanation: str | None) -> None:
        """Set the outcome of a run.

        Args:
            status: The status of the result.
            success: The verdict of the scenario; `None` without one.
            error: The name of the exception's class, if the run ended with one.
            explanation: The text of the exception, or else the reason for the verdict.
        """
        if self._span is None:
            return
        is_success = status == "success"
        self.set({"pare.status": status, "test.case.result.status": "pass" if is_success else "fail"})
        if not is_success:
            self.failed(error or status, explanation)
        if success is not None:
            evaluation = {
                "gen_ai.evaluation.name": "validate",
                "gen_ai.evaluation.score.value": float(success),
                "gen_ai.evaluation.score.label": "pass" if success else "fail",
                **({} if explanation is None else {"gen_ai.evaluation.explanation": clean(explanation)}),
            }
            self._span.add_event("gen_ai.evaluation.result", evaluation)


NO_SPAN: Final = Span(None, {})
"""The span of everything while telemetry is off."""

_current: ContextVar[Span] = ContextVar("pytest_pare_span", default=NO_SPAN)


def _detach(tokens: tuple[Any, Any] | None) -> None:
    if tokens is not None:
        from opentelemetry import context

        context.detach(tokens[0])
        _current.reset(tokens[1])


def current() -> Span:
    """Return the innermost span of this context that pytest-pare has made."""
    return _current.get()


def clean(text: str) -> str:
    """Return a text as it is exported: without secrets, and cut if it is long."""
    return redacted(to_short_text(text))


def prepared(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes as they are exported: without secrets, and without those whose value is `None`."""
    given = {name: value for name, value in attributes.items() if value is not None}
    texts = {name: to_short_text(value) for name, value in given.items() if isinstance(value, str)}
    # A search of each text for secrets would take most of the time of a span.
    redacted_texts = redacted_all(texts.values())
    return given | {name: redacted_texts[text] for name, text in texts.items()}


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message in the form of the conventions."""
    return {"role": message.get("role"), "parts": [{"type": "text", "content": message.get("content")}]}
