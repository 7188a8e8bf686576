"""Sessions that export spans with OpenTelemetry: to a collector, to none, and by an application's own provider."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from pytest_pare.base import telemetry as base
from pytest_pare.plugin import telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.plugin.conftest import Example

SUITE = ("--pare-config", "pare.yaml")
SECRET = "tulips-and-roses"
KEY = "lilies+and+daisies"
PASSWORD = "roses-and-tulips"


class Collector:
    """A collector that speaks OTLP over HTTP on loopback. It refuses the first request.

    Attributes:
        bodies: The bodies of all requests.
        keys: Their headers `X-Key`.
        endpoint: Its address, with a user and a password.
    """

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.keys: set[str | None] = set()
        bodies, keys = self.bodies, self.keys

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/v1/traces"
                keys.add(self.headers["X-Key"])
                bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200 if len(bodies) > 1 else 400)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that it has
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://user:{PASSWORD}@127.0.0.1:{self.server.server_port}"

    def spans(self, number: int | None = None) -> list[tuple[dict[str, Any], Any]]:
        """Return each span of the first requests, or of all, with the attributes of its resource."""
        found = []
        for body in self.bodies[:number]:
            for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for of_scope in of_resource.scope_spans:
                    assert (of_scope.scope.name, of_scope.schema_url[-7:]) == ("pytest-pare", "/1.44.0")
                    found += [(values_of(of_resource.resource.attributes), span) for span in of_scope.spans]
        return found


def values_of(attributes: Any) -> dict[str, Any]:
    """Return attributes by name."""
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    thread = threading.Thread(target=collector.server.serve_forever)
    thread.start()
    yield collector
    collector.server.shutdown()
    collector.server.server_close()
    thread.join()


@pytest.fixture
def garden(example: Example, monkeypatch: pytest.MonkeyPatch) -> Example:
    """Two scenarios, run twice: one succeeds, one fails and tells secrets."""
    monkeypatch.setenv("GARDEN_API_KEY", SECRET)
    fail = f"return ScenarioValidationResult(success=False, rationale='dry: {SECRET} {KEY}')"
    return example.scenario("weed").scenario("water", fail).suite("runs: 2\n")


def test_workers_export_their_runs_and_what_is_refused_is_told_once(
    garden: Example, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"X-Key={KEY.replace('+', '%2B')}")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=ci")
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
    session = garden.run_process(*SUITE, "--pare-otel", "-n2")
    assert session.code == 1
    spans = collector.spans()
    (line,) = [line for line in (session.out + session.err).splitlines() if "spans" in line or "Telemetry" in line]
    assert line == (
        f"pare: OpenTelemetry: {len(collector.spans(1))} of {len(spans)} spans were not exported, check "
        f"OTEL_EXPORTER_OTLP_ENDPOINT, which is {collector.endpoint.replace(PASSWORD, '[redacted]')}: "
        "Failed to export spans batch code: 400, reason: Bad Request"
    )
    assert {one["service.name"] for one, _ in spans} == {"pytest-pare"}
    assert {one["deployment.environment.name"] for one, _ in spans} == {"ci"}
    runs = [values_of(span.attributes) for _, span in spans if not span.parent_span_id]
    assert {(one["test.case.name"], one["test.case.result.status"]) for one in runs} == {
        (f"pare.yaml::{name}[run{number}]", status)
        for name, status in (("weed", "pass"), ("water", "fail"))
        for number in (1, 2)
    }
    assert {one["test.suite.name"] for one in runs} == {"pare.yaml"}
    ids = {span.span_id for _, span in spans}
    assert [span.name for _, span in spans if span.parent_span_id and span.parent_span_id not in ids] == []
    counts = Counter(span.name.partition(" ")[0] for _, span in spans)
    assert counts["invoke_agent"] == counts["user"] > 0
    assert counts["chat"] > 0
    assert collector.keys == {KEY}
    assert not [body for body in collector.bodies if SECRET.encode() in body or KEY.encode() in body]
    assert [body for body in collector.bodies if b"dry: [redacted] [redacted]" in body]
    assert SECRET not in session.out
    assert KEY not in session.out


def test_without_a_collector_the_session_is_as_any_other(garden: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    session = garden.run_process(*SUITE, "-o", "pare_otel=true", "-p", "no:xdist", "-k", "weed")
    assert session.code == 0
    (line,) = [line for line in (session.out + session.err).splitlines() if "spans" in line or "Telemetry" in line]
    missing, total = re.findall(r"OpenTelemetry: (\d+) of (\d+) spans were not exported, check", line)[0]
    assert missing == total


def test_an_applications_own_provider_is_used(garden: Example) -> None:
    garden.write(
        "conftest.py",
        """
        import pytest
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

        @pytest.fixture(autouse=True, scope="session")
        def application():
            out = open("spans.json", "w")
            exporter = ConsoleSpanExporter(out=out, formatter=lambda span: span.to_json(indent=None) + chr(10))
            provider = TracerProvider(shutdown_on_exit=False)
            provider.add_span_processor(BatchSpanProcessor(exporter))
            trace.set_tracer_provider(provider)

        @pytest.fixture
        def proactive_agent():
            def agent(turn):
                with trace.get_tracer("application").start_as_current_span("think"):
                    turn.wait()
            return agent
        """,
    )
    session = garden.run_process(*SUITE, "--pare-otel", "-k", "weed and run1")
    assert session.code == 0
    spans = [json.loads(line) for line in (garden.path / "spans.json").read_text().splitlines()]
    (run,) = [span for span in spans if span["parent_id"] is None]
    assert run["attributes"]["test.case.name"] == "pare.yaml::weed[run1]"
    turns = {span["context"]["span_id"] for span in spans if span["name"].startswith("invoke_agent conftest:")}
    assert {span["parent_id"] for span in spans if span["name"] == "think"} == turns != set()


# -- what is refused before the first run


def test_without_the_package_the_session_does_not_start(garden: Example) -> None:
    garden.write(
        "blocker.py",
        """
        import sys

        class Blocker:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] == "opentelemetry":
                    raise ModuleNotFoundError(f"No module named {name!r}", name=name)

        sys.meta_path.insert(0, Blocker())
        """,
    )
    session = garden.run_process(*SUITE, "--pare-otel", "-p", "blocker")
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert session.err.splitlines() == [
        "ERROR: --pare-otel needs OpenTelemetry, which is not installed; pip install 'pytest-pare[otel]'"
    ]


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        (
            "OTEL_TRACES_EXPORTER",
            "otlp,zipkin",
            "pare_otel: the exporter zipkin of OTEL_TRACES_EXPORTER is not installed; there are console, none, otlp, "
            "otlp_proto_http",
        ),
        (
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "http/json",
            "OTEL_EXPORTER_OTLP_PROTOCOL: expected http/protobuf or grpc, got",
        ),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "pare_otel: the exporter otlp_proto_grpc of OTEL_TRACES_EXPORTER is"),
    ],
)
def test_an_exporter_that_is_not_there_is_refused(
    garden: Example, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    monkeypatch.setenv(variable, value)
    session = garden.run(*SUITE, "-o", "pare_otel=true")
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: {message}" in session.err


# -- the end of a session


class SlowProvider:
    """Flushes when it is let go."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def force_flush(self) -> None:
        self.released.wait(60)


def test_the_end_waits_for_a_collector_that_does_not_answer_for_a_limited_time(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telemetry, "FLUSH_SECONDS", 0.01)
    plugin, provider = telemetry.Telemetry(pytestconfig, []), SlowProvider()
    plugin._made = provider, None  # type: ignore[assignment]
    known = set(threading.enumerate())
    plugin.pytest_sessionfinish()
    (thread,) = set(threading.enumerate()) - known
    provider.released.set()
    thread.join()


def test_a_provider_that_cannot_be_made_costs_no_run(monkeypatch: pytest.MonkeyPatch, garden: Example) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "-1")
    session = garden.run(*SUITE, "--pare-otel", "-k", "weed")
    assert session.code == 0
    assert (
        "pare: OpenTelemetry: no span was exported: ValueError: max_queue_size must be a positive integer."
        in session.out
    )
    assert base.run("weed", 0, None, "", None) is base.NO_SPAN
