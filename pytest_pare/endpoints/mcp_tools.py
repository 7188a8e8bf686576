"""The tools of a run over MCP: streamable HTTP, without sessions, and each answer is one JSON.

Each request has a transport and a session of the library for itself. The library's own manager keeps a task for each
request of a server without sessions, and its `Server` changes the warnings filters of the process while a tool runs.
"""

from __future__ import annotations

import asyncio
import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import anyio
from anyio.to_thread import run_sync
from mcp import types
from mcp.server.models import InitializationOptions
from mcp.server.session import ServerSession
from mcp.server.streamable_http import StreamableHTTPServerTransport
from mcp.shared.session import RequestResponder
from pydantic import ValidationError
from starlette.responses import Response

from pytest_pare.agents.errors import TurnOver
from pytest_pare.base.serialization import to_text
from pytest_pare.endpoints.guard import again

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.endpoints.backend import Backend
    from pytest_pare.endpoints.guard import Message, Receive, Send

_OPTIONS = InitializationOptions(
    server_name="pytest-pare",
    server_version=version("pytest-pare"),
    capabilities=types.ServerCapabilities(tools=types.ToolsCapability(listChanged=False)),
)

_METHODS = ("initialize", "ping", "tools/list", "tools/call")
_SAID = {
    types.METHOD_NOT_FOUND: f"this server answers {', '.join(_METHODS)} only",
    types.INVALID_PARAMS: "the parameters are not those of this method",
}

# The calls of a run are carried out one after another, in the order of their arrival.
_queues: WeakKeyDictionary[Backend, asyncio.Lock] = WeakKeyDictionary()


async def handle(scope: Message, receive: Receive, send: Send, backend: Backend) -> None:
    """Answer a request to the MCP server."""
    body = (await receive())["body"]
    refusal = _refusal(body)
    if refusal is not None:
        await refusal(scope, receive, send)
        return
    transport = StreamableHTTPServerTransport(mcp_session_id=None, is_json_response_enabled=True)
    async with (
        transport.connect() as (read, write),
        ServerSession(read, write, _OPTIONS, stateless=True) as session,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(_respond, session, backend)
        await transport.handle_request(scope, again(body, receive), send)
        tasks.cancel_scope.cancel()


def _refusal(body: bytes) -> Response | None:
    """Return the answer to a message that a session of the library does not accept, and would log as a warning."""
    try:
        message = types.JSONRPCMessage.model_validate_json(body).root
    except ValidationError:
        # The transport says what is wrong with it.
        return None
    if not isinstance(message, types.JSONRPCRequest):
        # A notification changes nothing where there are no sessions.
        return Response(status_code=202)
    try:
        types.ClientRequest.model_validate(message.model_dump(by_alias=True, mode="json", exclude_none=True))
    except ValidationError:
        code = types.INVALID_PARAMS if message.method in _METHODS else types.METHOD_NOT_FOUND
        error = types.ErrorData(code=code, message=_SAID[code])
        answer = types.JSONRPCError(jsonrpc="2.0", id=message.id, error=error)
        return Response(answer.model_dump_json(by_alias=True, exclude_none=True), media_type="application/json")
    return None


async def _respond(session: ServerSession, backend: Backend) -> None:
    async for message in session.incoming_messages:
        if isinstance(message, RequestResponder):
            with message:
                await message.respond(await _result(message.request.root, backend))


async def _result(request: Any, backend: Backend) -> types.ServerResult | types.ErrorData:
    match request:
        case types.PingRequest():
            return types.ServerResult(types.EmptyResult())
        case types.ListToolsRequest():
            try:
                tools = [_tool(definition) for definition in await run_sync(backend.definitions)]
            except Exception as error:  # noqa: BLE001 - two tools of a scenario may have one name, for example
                return types.ErrorData(code=types.INTERNAL_ERROR, message=_text_of(error))
            return types.ServerResult(types.ListToolsResult(tools=tools))
        case types.CallToolRequest():
            return types.ServerResult(await _call(backend, request.params.name, request.params.arguments or {}))
        case _:
            return types.ErrorData(code=types.METHOD_NOT_FOUND, message=_SAID[types.METHOD_NOT_FOUND])


def _tool(definition: dict[str, Any]) -> types.Tool:
    function = definition["function"]
    return types.Tool(
        name=function["name"],
        description=function["description"],
        inputSchema=function["parameters"],
        annotations=types.ToolAnnotations(readOnlyHint=definition["annotations"]["operation"] == "read"),
    )


async def _call(backend: Backend, name: str, arguments: dict[str, Any]) -> types.CallToolResult:
    carry_out = backend.prepare(name, arguments)
    async with _queues.setdefault(backend, asyncio.Lock()):
        return await run_sync(_outcome, carry_out, abandon_on_cancel=True)


def _outcome(carry_out: Callable[[], Any]) -> types.CallToolResult:
    try:
        result = carry_out()
    except TurnOver as over:
        return _failed(f"{_text_of(over)}; do not call a tool again in this turn")
    except Exception as error:  # noqa: BLE001 - the agent gets whatever a tool raises
        return _failed(_text_of(error))
    except BaseException as ended:  # noqa: BLE001 - it ends the run, and not the server
        return _failed(f"{_text_of(ended)}; the run is over, stop now")
    text = to_text(result if isinstance(result, str) else json.dumps(result, ensure_ascii=False))
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text)],
        structuredContent=json.loads(text) if isinstance(result, dict) else None,
        isError=False,
    )


def _text_of(error: BaseException) -> str:
    return f"{type(error).__name__}: {to_text(error)}"


def _failed(text: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], isError=True)
