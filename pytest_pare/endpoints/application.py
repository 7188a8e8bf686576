"""The routes of the server, behind the guard."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from pytest_pare.endpoints.guard import Refused

if TYPE_CHECKING:
    from pytest_pare.endpoints.backend import Backend
    from pytest_pare.endpoints.guard import Message, Receive, Send


async def answer(scope: Message, receive: Receive, send: Send, backend: Backend) -> None:
    """Answer a request that has the token of an open run.

    Raises:
        Refused: If there is no such path, or not with that method.
    """
    path, method = scope["path"], scope["method"]
    if path in ("/mcp", "/mcp/"):
        if method != "POST":
            # Without sessions there is no stream to open and nothing to delete.
            raise Refused(405, f"{path} answers POST only", {"Allow": "POST"})
        try:
            from pytest_pare.endpoints import mcp_tools
        except ImportError as error:
            # An override of ARE's pin, which `docs/install.md` describes.
            why = f"the tools over MCP need mcp 1.x, and {version('mcp')} is installed ({error})"
            raise Refused(501, why) from None

        await mcp_tools.handle(scope, receive, send, backend)
    elif path.startswith("/v1/"):
        from starlette.requests import Request

        from pytest_pare.endpoints import models

        response = await models.handle(Request(scope, receive), backend)
        await response(scope, receive, send)
    else:
        raise Refused(404, "there is no such path; this server has /mcp/ and /v1/")
