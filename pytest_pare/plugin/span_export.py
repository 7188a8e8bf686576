"""The provider that exports the spans of a session, and counts those that it could not export.

Importing this module imports OpenTelemetry's SDK.
"""

from __future__ import annotations

import logging
import re
import threading
from secrets import randbits
from typing import TYPE_CHECKING, Final

from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from importlib.metadata import EntryPoint

    from opentelemetry.sdk.trace import ReadableSpan

_LOGGERS: Final = ("opentelemetry.exporter", "opentelemetry.sdk")
# The part of an exception's text that differs from process to process.
_ADDRESS: Final = re.compile(r"<[^<>]* object at 0x[0-9a-f]+>:? ?")


class SpanExport:
    """Exports spans in batches, in a thread of OpenTelemetry's SDK.

    Args:
        exporters: The exporters.

    Attributes:
        provider: Makes the tracers.
    """

    def __init__(self, exporters: Iterable[EntryPoint]) -> None:
        resource = Resource.create()
        if str(resource.attributes.get(SERVICE_NAME, "")).startswith("unknown_service"):
            resource = resource.merge(Resource({SERVICE_NAME: "pytest-pare"}))
        # At the end of the process, the SDK would wait another 30 seconds for a collector that does not answer.
        self.provider = TracerProvider(resource=resource, id_generator=_Ids(), shutdown_on_exit=False)
        self._log = _Log()
        self._processors: list[_CountingProcessor] = []
        for exporter in exporters:
            processor = _CountingProcessor(_CountingExporter(exporter.load()()))
            self.provider.add_span_processor(processor)
            self._processors.append(processor)
        for logger in _LOGGERS:
            # Told once, at the end of the session, and not in the report of whichever test runs then.
            logging.getLogger(logger).addHandler(self._log)
            logging.getLogger(logger).propagate = False

    def missing(self) -> tuple[int, int, str]:
        """Return how many spans were not exported, how many there were, and the first warning of the exporter."""
        ended = sum(processor.ended for processor in self._processors)
        exported = sum(processor.exporter.exported for processor in self._processors)
        return ended - exported, ended, _ADDRESS.sub("", self._log.first)


class _Ids(IdGenerator):
    """Draws ids from the operating system.

    The SDK's own generator draws from the global one of `random`: an agent that seeds that would give all of its runs
    the same ids, and its own draws would depend on whether there are spans.
    """

    def generate_span_id(self) -> int:
        return randbits(64) or 1

    def generate_trace_id(self) -> int:
        return randbits(128) or 1

    def is_trace_id_random(self) -> bool:
        return True


class _CountingExporter(SpanExporter):
    def __init__(self, exporter: SpanExporter) -> None:
        self.exported = 0
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        # The processor calls it once at a time.
        self.exported += len(spans) if result is SpanExportResult.SUCCESS else 0
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return self._exporter.force_flush(timeout_millis)


class _CountingProcessor(BatchSpanProcessor):
    def __init__(self, exporter: _CountingExporter) -> None:
        super().__init__(exporter)
        self.exporter = exporter
        self.ended = 0
        self._count_lock = threading.Lock()

    def on_end(self, span: ReadableSpan) -> None:
        if span.context.trace_flags.sampled:
            with self._count_lock:
                self.ended += 1
        super().on_end(span)


class _Log(logging.Handler):
    """Keeps the first warning of the exporters; it often has the reason, which later ones do not."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.first = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.first = self.first or record.getMessage()
