"""The routes of the server, behind the guard."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pytest_pare.endpoints.guard import Refused

if TYPE_CHECKING:
    from pytest_pare.endpoints.backend import Backend
    from pytest_pare.endpoints.guard import Message, Receive, Send

_MODELS = "pytest_pare.endpoints.models"
_METHODS = {
    "/mcp": "POST",
    "/mcp/": "POST",
    "/v1/models": "GET",
    "/v1/chat/completions": "POST",
    "/v1/responses": "POST",
    "/v1/embeddings": "POST",
}


async def answer(scope: Message, receive: Receive, send: Send, backend: Backend) -> None:
    """Answer a request that has the token of an open run.

    Raises:
        Refused: If there is no such path, or not with that method.
    """
    path, method = scope["path"], scope["method"]
    allowed = _METHODS.get(path)
    if allowed is None:
        raise Refused(404, f"there is no {path}")
    if method != allowed:
        raise Refused(405, f"{path} answers {allowed} only", {"Allow": allowed})
    if path.startswith("/mcp"):
        from pytest_pare.endpoints import mcp_tools

        await mcp_tools.handle(scope, receive, send, backend)
        return
    if find_spec(_MODELS) is None:
        raise Refused(404, f"there is no {path}")
    from starlette.requests import Request

    response = await import_module(_MODELS).handle(Request(scope, receive), backend)
    await response(scope, receive, send)
