#!/bin/sh
# opentelemetry-sdk 1.45.2: the default generator of ids draws from the global generator of `random`. A program that
# seeds that one before each task, as experiments and tests do, gets the same trace id for all of its tasks, so that a
# backend shows them as one trace. And spans change the program's own draws, so that it acts otherwise when traced.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip -q install --disable-pip-version-check opentelemetry-sdk==1.45.2
cat > probe.py <<'PY'
import random

from opentelemetry.sdk.trace import TracerProvider

tracer = TracerProvider().get_tracer("probe")
trace_ids, draws = set(), []
for is_traced in (True, True, False):
    random.seed(0)
    if is_traced:
        with tracer.start_as_current_span("task") as span:
            trace_ids.add(span.get_span_context().trace_id)
    draws.append(random.random())
print(f"2 tasks with {len(trace_ids)} trace id; draws after the seed 0: {draws}")
assert len(trace_ids) == 1, trace_ids
assert draws[0] == draws[1] != draws[2], draws
PY
env/bin/python probe.py
