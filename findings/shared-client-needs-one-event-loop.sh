#!/bin/sh
# openai-agents 0.24.0 and langchain-openai 1.7.4 keep one asynchronous HTTP client for the process. A second
# asyncio.run() of new objects takes an open connection of the first one's event loop, and fails with "RuntimeError:
# Event loop is closed", if the server keeps connections open, as providers do. pydantic-ai 2.68.0 works.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip -q install --disable-pip-version-check openai-agents==0.24.0 openai==3.57.0 langchain-openai==1.7.4 \
    "pydantic-ai-slim[openai]==2.68.0"
cat > probe.py <<'PY'
import asyncio, json, logging, os, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

os.environ.update(OPENAI_AGENTS_DISABLE_TRACING="1", OPENAI_API_KEY="k")
logging.disable(logging.CRITICAL)


class Model(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/responses"):
            text = {"type": "output_text", "text": "done", "annotations": []}
            item = {"type": "message", "id": "msg_1", "role": "assistant", "content": [text], "status": "completed"}
            answer = {
                "id": "resp_1", "object": "response", "created_at": 0, "status": "completed", "model": "m",
                "output": [item], "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
            }
        else:
            choice = {"index": 0, "message": {"role": "assistant", "content": "done"}, "finish_reason": "stop"}
            answer = {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        pass


class Service(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args):
        pass


server = Service(("127.0.0.1", 0), Model)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ["OPENAI_BASE_URL"] = f"http://127.0.0.1:{server.server_address[1]}/v1"

from agents import Agent, Runner
from langchain_openai import ChatOpenAI
from pydantic_ai import Agent as PydanticAgent
from pydantic_ai.models.openai import OpenAIChatModel


async def openai_agents():
    return (await Runner.run(Agent("a", model="m"), "Hello")).final_output


async def langchain_openai():
    return (await ChatOpenAI(model="m", max_retries=0).ainvoke("Hello")).content


async def pydantic_ai():
    return (await PydanticAgent(OpenAIChatModel("m")).run("Hello")).output


seen = {}
for ask in (openai_agents, langchain_openai, pydantic_ai):
    seen[ask.__name__] = outcomes = []
    for _ in range(2):
        try:
            outcomes.append(asyncio.run(ask()))
        except Exception as error:
            outcomes.append(f"{type(error).__name__}: {error}")
    print(ask.__name__, outcomes)
closed = "RuntimeError: Event loop is closed"
assert seen == {
    "openai_agents": ["done", closed],
    "langchain_openai": ["done", closed],
    "pydantic_ai": ["done", "done"],
}, seen
PY
env/bin/python probe.py
