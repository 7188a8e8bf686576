"""Exports the runs of a session as spans of OpenTelemetry, to where its environment variables say (`--pare-otel`)."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from importlib import metadata
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import pytest

from pytest_pare.base import telemetry
from pytest_pare.base.project import INI_OTEL
from pytest_pare.base.redaction import add_secret, redacted
from pytest_pare.base.serialization import error_text
from pytest_pare.base.spans import CONVENTIONS
from pytest_pare.plugin.options import OTEL

if TYPE_CHECKING:
    from collections.abc import Generator

    from opentelemetry.trace import Tracer, TracerProvider

    from pytest_pare.plugin.span_export import SpanExport

FLUSH_SECONDS: Final = 5.0
"""How long the end of a session waits for the export of its last spans."""

_NAME: Final = "pare-telemetry"
# The key of a worker's output.
_MISSING: Final = "pare_missing_spans"
_SPAN_EXPORT: Final = "pytest_pare.plugin.span_export"
_INSTALL: Final = "pip install 'pytest-pare[otel]'"
# The entry points of exporters.
_GROUP: Final = "opentelemetry_traces_exporter"
_HTTP: Final = "otlp_proto_http"
_PROTOCOLS: Final = {"http/protobuf": _HTTP, "grpc": "otlp_proto_grpc"}


class Telemetry:
    """A plugin of each process of a session.

    The provider is looked for, or made, when the first span begins: then the application under test, its agent and its
    fixtures have been imported, and have set their own one if they have any.

    Args:
        config: The session's configuration.
        exporters: The exporters.
    """

    def __init__(self, config: pytest.Config, exporters: list[metadata.EntryPoint]) -> None:
        self.exporters = exporters
        self._config = config
        self._lock = threading.Lock()
        self._export: SpanExport | None = None
        self._made: tuple[TracerProvider, Tracer] | None = None
        # Of all processes of the session.
        self._missing = self._ended = 0
        self._reason = ""

    def pytest_sessionstart(self) -> None:
        """Make spans from now on."""
        telemetry.enable(self._tracer)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Name the test that plays runs."""
        token = telemetry.test_case.set(telemetry.about(item.nodeid))
        try:
            return (yield)
        finally:
            telemetry.test_case.reset(token)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Export the spans that are left, and report those that were not exported to the controller."""
        telemetry.disable()
        if self._made is not None:
            # The SDK's own limit of time has no effect.
            thread = threading.Thread(target=_flush, args=(self._made[0],), daemon=True)
            thread.start()
            thread.join(FLUSH_SECONDS)
        if self._export is not None:
            self._add(*self._export.missing())
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[_MISSING] = (self._missing, self._ended, self._reason)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add the counts of a worker. A worker that has crashed reports none."""
        counts = getattr(node, "workeroutput", {}).get(_MISSING)
        if counts is not None:
            self._add(*counts)

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say, once, if spans were not exported."""
        if self._missing:
            where = _variable("OTEL_EXPORTER_OTLP_{}ENDPOINT") or "not set"
            what = (
                f"{self._missing} of {self._ended} spans were not exported, check OTEL_EXPORTER_OTLP_ENDPOINT, which "
                f"is {where}"
            )
            reason = self._reason or f"the export took longer than {FLUSH_SECONDS:g} s after the last run"
        else:
            what, reason = "no span was exported", self._reason
        if reason:
            # Not wrapped, so that an address can be copied.
            terminalreporter.write_line(redacted(f"pare: OpenTelemetry: {what}: {reason}"))

    def _add(self, missing: int, ended: int, reason: str) -> None:
        self._missing += missing
        self._ended += ended
        self._reason = self._reason or reason

    def _tracer(self) -> Tracer:
        from opentelemetry import trace

        with self._lock:
            provider = trace.get_tracer_provider()
            if isinstance(provider, trace.ProxyTracerProvider):
                try:
                    provider = self._start()
                except Exception as error:  # noqa: BLE001 - telemetry must not fail a run
                    telemetry.disable()
                    self._reason = error_text(error)
                    return trace.NoOpTracer()
            if self._made is None or self._made[0] is not provider:
                version = metadata.version("pytest-pare")
                self._made = provider, provider.get_tracer("pytest-pare", version, CONVENTIONS)
            return self._made[1]

    def _start(self) -> TracerProvider:
        from opentelemetry import trace

        from pytest_pare.plugin.span_export import SpanExport

        self._export = SpanExport(self.exporters)
        # Spans of the agent's own libraries are exported as well, below those of its turn.
        trace.set_tracer_provider(self._export.provider)
        return self._export.provider


def register(config: pytest.Config) -> None:
    """Register the plugin if the command line or the ini file asks for it. The headers of the exporter become secrets.

    Raises:
        pytest.UsageError: If OpenTelemetry, or an exporter that its variables name, is not installed.
    """
    if config.getoption(OTEL.dest):
        source = OTEL.flag
    elif config.getini(INI_OTEL):
        source = INI_OTEL
    else:
        return
    if not _is_installed("opentelemetry.sdk.trace"):
        raise pytest.UsageError(f"{source} needs OpenTelemetry, which is not installed; {_INSTALL}")
    exporters = [_exporter(name, source) for name in _names()]
    for header in (_variable("OTEL_EXPORTER_OTLP_{}HEADERS") or "").split(","):
        # Of `Authorization=Bearer%20...` the last word.
        add_secret(unquote(header.partition("=")[2]).strip().rpartition(" ")[2])
    config.pluginmanager.register(Telemetry(config, exporters), _NAME)


def _flush(provider: Any) -> None:
    # An application's own one may have no such method, and its exporters may raise anything.
    with suppress(Exception):
        provider.force_flush()


def _variable(name: str) -> str | None:
    """Return a variable for spans, or else for all signals."""
    return os.environ.get(name.format("TRACES_")) or os.environ.get(name.format(""))


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ImportError:
        return False


def _names() -> list[str]:
    """Return the names of the exporters in `OTEL_TRACES_EXPORTER`, as their distributions register them.

    Raises:
        pytest.UsageError: If the protocol has none.
    """
    names = [name.strip() for name in (os.environ.get("OTEL_TRACES_EXPORTER") or "otlp").split(",")]
    protocol = _variable("OTEL_EXPORTER_OTLP_{}PROTOCOL") or "http/protobuf"
    if "otlp" in names and protocol not in _PROTOCOLS:
        raise pytest.UsageError(f"OTEL_EXPORTER_OTLP_PROTOCOL: expected {' or '.join(_PROTOCOLS)}, got {protocol}")
    return [_PROTOCOLS[protocol] if name == "otlp" else name for name in names if name not in ("", "none")]


def _exporter(name: str, source: str) -> metadata.EntryPoint:
    installed = metadata.entry_points(group=_GROUP)
    found = next(iter(installed.select(name=name)), None)
    if found is not None:
        return found
    hint = _INSTALL if name == _HTTP else f"there are {', '.join(sorted({*installed.names, 'otlp', 'none'}))}"
    raise pytest.UsageError(f"{source}: the exporter {name} of OTEL_TRACES_EXPORTER is not installed; {hint}")
