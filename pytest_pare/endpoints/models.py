"""The agent's model on loopback: OpenAI's chat completions, Responses and embeddings, for the run of a token."""

from __future__ import annotations

import base64
import json
import struct
from typing import TYPE_CHECKING, Any, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from pytest_pare.agents.errors import TurnOver
from pytest_pare.base.redaction import redacted
from pytest_pare.base.serialization import error_text
from pytest_pare.endpoints.streaming import chat_stream, response_stream
from pytest_pare.engines.agent_requests import InvalidRequestError, read_request
from pytest_pare.engines.agent_requests.ids import CREATED
from pytest_pare.engines.errors import (
    CassetteDrift,
    ContentRefusedError,
    ContextTooLongError,
    EngineConfigurationError,
    EngineError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from pytest_pare.engines.agent_requests import Api, ModelAnswer, ModelRequest

_APIS: dict[str, Api] = {"/chat/completions": "chat", "/responses": "responses", "/embeddings": "embeddings"}
_MODELS = "/models"
_OFFERED = ", ".join([*(f"POST /v1{path}" for path in _APIS), f"GET /v1{_MODELS}"])

# The first class that fits an error gives the status and the code of its response.
_STATUSES: tuple[tuple[type[BaseException], int, str], ...] = (
    (InvalidRequestError, 400, "invalid_request"),
    (CassetteDrift, 409, "cassette_drift"),
    (ContextTooLongError, 400, "context_length_exceeded"),
    (ContentRefusedError, 400, "content_filter"),
    (EngineConfigurationError, 400, "configuration"),
    # The engine has made its own retries: a status that no client retries.
    (EngineError, 424, "infrastructure"),
    (TurnOver, 409, "turn_over"),
    (Exception, 500, "internal_error"),
    # The run has ended: that is no `Exception`.
    (BaseException, 409, "run_over"),
)

# What an answer of the Responses API repeats of its request, with the defaults.
_REPEATED: dict[str, Any] = {
    "instructions": None, "max_output_tokens": None, "max_tool_calls": None, "metadata": {},
    "parallel_tool_calls": True, "previous_response_id": None, "reasoning": {"effort": None, "summary": None},
    "store": True, "temperature": 1.0, "text": {"format": {"type": "text"}}, "tool_choice": "auto", "tools": [],
    "top_p": 1.0, "truncation": "disabled", "user": None,
}  # fmt: skip
_USAGE = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}


class AnswersModels(Protocol):
    """A run that answers the requests of its agent to a model."""

    def answer(self, request: ModelRequest, /) -> ModelAnswer:
        """Return the answer of the model.

        Raises:
            EngineError: If there is none.
            TurnOver: If no turn is open.
        """
        ...


async def handle(request: Request, backend: AnswersModels) -> Response:
    """Return the response to a request below `/v1`.

    Args:
        request: The request.
        backend: The run of its token.
    """
    path = request.url.path.removeprefix("/v1").rstrip("/")
    api = _APIS.get(path)
    if api is not None and request.method == "POST":
        return await _answered(api, request, backend)
    if request.method == "GET" and (path == _MODELS or path.startswith(f"{_MODELS}/")):
        return _models(path.removeprefix(_MODELS).lstrip("/"))
    what = f"{request.method} /v1{path}: the model endpoint of a run offers {_OFFERED}"
    return error_response(405 if api is not None else 404, redacted(what), "not_offered")


def error_response(status: int, message: str, code: str, param: str | None = None) -> Response:
    """Return an error in OpenAI's format, which tells clients to send no retry.

    Args:
        status: The status of the response.
        message: The sentence for the reader of the agent's log.
        code: A word for programs.
        param: The field of the request that is wrong.
    """
    kind = "invalid_request_error" if status == 400 else "api_error"
    error = {"message": message, "type": kind, "param": param, "code": code}
    return _json({"error": error}, status, {"x-should-retry": "false"})


def _json(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    # In ASCII: half of a surrogate pair in an answer cannot be encoded.
    return Response(json.dumps(body), status, headers, "application/json")


async def _answered(api: Api, request: Request, backend: AnswersModels) -> Response:
    data = await request.body()
    retry = request.headers.get("x-stainless-retry-count", "")
    try:
        asked = read_request(api, data, int(retry) if retry.isdecimal() else 0)
    except InvalidRequestError as error:
        return _failed(error)
    answer = await run_in_threadpool(_answer_or_error, backend, asked)
    return _failed(answer) if isinstance(answer, BaseException) else _response(asked, answer.body)


def _answer_or_error(backend: AnswersModels, request: ModelRequest) -> ModelAnswer | BaseException:
    try:
        return backend.answer(request)
    except BaseException as error:  # noqa: BLE001 - it becomes the response; the end of a run is no `Exception`
        return error


def _failed(error: BaseException) -> Response:
    status, code = next((status, code) for kind, status, code in _STATUSES if isinstance(error, kind))
    message = error_text(error) if code == "internal_error" else redacted(str(error))
    return error_response(status, message, code, getattr(error, "param", None))


def _response(request: ModelRequest, body: dict[str, Any]) -> Response:
    if request.api == "embeddings":
        is_base64 = request.body.get("encoding_format") == "base64"
        return _json({**body, "data": [_in_base64(one) for one in body["data"]]} if is_base64 else body)
    whole = _completed(request, body) if request.api == "responses" else body
    if not request.body.get("stream"):
        return _json(whole)
    if request.api == "responses":
        events = response_stream(whole)
    else:
        options = request.body.get("stream_options") or {}
        events = chat_stream(whole, with_usage=bool(options.get("include_usage")))
    return Response(events, media_type="text/event-stream", headers={"cache-control": "no-cache"})


def _completed(request: ModelRequest, body: dict[str, Any]) -> dict[str, Any]:
    """Return an answer of the Responses API with what it repeats of the request."""
    asked = request.body
    repeated = {name: default if asked.get(name) is None else asked[name] for name, default in _REPEATED.items()}
    missing = {"error": None, "incomplete_details": None, "usage": None}
    found = {**repeated, **missing, **body}
    return {**found, "usage": {**_USAGE, **found["usage"]}} if isinstance(found["usage"], dict) else found


def _in_base64(one: Any) -> Any:
    numbers = one["embedding"]
    return {**one, "embedding": base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode("ascii")}


def _models(name: str) -> Response:
    """Return the list of models, or a model of any name: the run's engine answers whatever name a request has."""
    model = {"id": name or "agent", "object": "model", "created": CREATED, "owned_by": "pytest-pare"}
    return _json(model if name else {"object": "list", "data": [model]})
