#!/bin/sh
# openai-agents 0.24.0: what a model hears of a tool that raises depends on how the tool was made. For a function with
# @function_tool it is one fixed sentence, "An error occurred while running the tool. Please try again.", whatever was
# raised, and the same sentence if the model's arguments do not fit; the text of the exception reaches nobody. A
# FunctionTool whose on_invoke_tool raises the same exception fails the whole run with UserError. A call of a tool that
# does not exist fails the whole run with ModelBehaviorError.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip -q install --disable-pip-version-check openai-agents==0.24.0 openai==3.57.0
cat > probe.py <<'PY'
import json, logging, os, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

os.environ.update(OPENAI_AGENTS_DISABLE_TRACING="1", OPENAI_API_KEY="k")
logging.disable(logging.CRITICAL)
from agents import Agent, FunctionTool, Runner, function_tool

CALLS, TOLD = [], []


class Model(BaseHTTPRequestHandler):
    """Answers the first request of a conversation with a call, and the next with a text."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        results = [item["output"] for item in body["input"] if item.get("type") == "function_call_output"]
        TOLD.extend(results)
        name, arguments = CALLS[-1]
        text = {"type": "output_text", "text": "done", "annotations": []}
        item = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": name, "arguments": arguments}
        if results:
            item = {"type": "message", "id": "msg_1", "role": "assistant", "content": [text]}
        answer = {
            "id": "resp_1", "object": "response", "created_at": 0, "status": "completed", "model": "m",
            "output": [{**item, "status": "completed"}], "parallel_tool_calls": True, "tool_choice": "auto",
            "tools": [],
        }
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ["OPENAI_BASE_URL"] = f"http://127.0.0.1:{server.server_address[1]}/v1"


@function_tool
def decorated(day: str) -> str:
    """Return what is on a day."""
    raise ValueError("the calendar has no day 31")


async def invoke(context, arguments):
    raise ValueError("the calendar has no day 31")


schema = {"type": "object", "properties": {"day": {"type": "string"}}}
plain = FunctionTool("plain", "Return what is on a day.", schema, invoke, strict_json_schema=False)

seen = {}
for label, name, arguments in (
    ("decorated", "decorated", '{"day": "31"}'),
    ("wrong arguments", "decorated", '{"date": "31"}'),
    ("plain", "plain", '{"day": "31"}'),
    ("unknown", "unknown", "{}"),
):
    TOLD.clear()
    CALLS.append((name, arguments))
    try:
        Runner.run_sync(Agent("a", tools=[decorated, plain], model="m"), "What is on the 31st?")
        seen[label] = TOLD[0]
    except Exception as error:
        seen[label] = f"{type(error).__name__}: {error}"
    print(f"{label}: {seen[label]}")
assert seen == {
    "decorated": "An error occurred while running the tool. Please try again.",
    "wrong arguments": "An error occurred while running the tool. Please try again.",
    "plain": "UserError: Error running tool plain: the calendar has no day 31",
    "unknown": "ModelBehaviorError: Tool unknown not found in agent a",
}, seen
PY
env/bin/python probe.py
