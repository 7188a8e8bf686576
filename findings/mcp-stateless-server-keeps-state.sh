#!/bin/sh
# mcp 1.11.0: a server without sessions (StreamableHTTPSessionManager with stateless=True) keeps the tasks of each
# request until it ends. And its `Server` handles each request inside of `warnings.catch_warnings`, over awaits: after two
# calls at a time that end in the order in which they began, the process has lost its own `warnings.showwarning`.
# Expected: no task is left of a request that was answered, and warnings are shown as before.
# Seen: "tasks left by 20 requests: 60", "warnings are shown as before: False".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip -q install --disable-pip-version-check mcp==1.11.0 pydantic==2.10.6 starlette==1.10.0 uvicorn==0.54.0 anyio==4.16.0
cat > probe.py <<'PY'
import asyncio, socket, warnings

import httpx
import uvicorn
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

server = Server("echo")
began, ended = asyncio.Event(), asyncio.Event()


@server.list_tools()
async def list_tools():
    return [types.Tool(name=name, inputSchema={"type": "object"}) for name in ("echo", "first", "second")]


@server.call_tool()
async def call_tool(name, arguments):
    if name == "first":
        await began.wait()
    if name == "second":
        began.set()
        await ended.wait()
    return [types.TextContent(type="text", text=name)]


async def main():
    manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)
    web = uvicorn.Server(
        uvicorn.Config(manager.handle_request, lifespan="off", log_level="error", ws="none", interface="asgi3")
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with manager.run():
            serving = asyncio.create_task(web.serve([listener]))
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
            async with httpx.AsyncClient(headers={"Accept": "application/json, text/event-stream"}) as client:

                async def call(name):
                    params = {"name": name, "arguments": {}}
                    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
                    (await client.post(url, json=body)).raise_for_status()

                await call("echo")
                before = len(asyncio.all_tasks())
                for _ in range(20):
                    await call("echo")
                left = len(asyncio.all_tasks()) - before
                shown = warnings._showwarnmsg_impl
                first = asyncio.create_task(call("first"))
                await asyncio.sleep(0.5)
                second = asyncio.create_task(call("second"))
                await first
                ended.set()
                await second
                await asyncio.sleep(0.1)
            web.should_exit = True
            await serving
    as_before = warnings._showwarnmsg_impl is shown
    print("tasks left by 20 requests:", left)
    print("warnings are shown as before:", as_before)
    assert left == 60 and not as_before


asyncio.run(main())
PY
env/bin/python probe.py
