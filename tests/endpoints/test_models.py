"""Real clients ask the model endpoint of a run: they get whole and streamed answers, and errors that they report."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest

from pytest_pare.agents.errors import TurnOver
from pytest_pare.endpoints import server
from pytest_pare.engines.errors import (
    CassetteDrift,
    ContextTooLongError,
    EngineConfigurationError,
    ProviderOutageError,
)
from pytest_pare.engines.litellm_client import load_litellm
from pytest_pare.simulation.errors import RunEnded
from tests.endpoints.model_endpoint import ScriptedRun, completion, response, served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_pare.agents.protocols import Endpoint
    from pytest_pare.engines.agent_requests import ModelRequest

TEXT = "Zwölf Grad\u2028und \U0001f327 Regen"
TOOL = {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
CHAT_TOOL: Any = {"type": "function", "function": TOOL}
RESPONSE_TOOL: Any = {"type": "function", "strict": None, **TOOL}
PARIS, ROME = '{"city":"Paris"}', '{ "city": "Rome" }'


def plays(request: ModelRequest) -> dict[str, Any]:
    """Call two tools, and say what they returned."""
    if request.api == "embeddings":
        return {
            "object": "list",
            "model": "m",
            "data": [embedding(index) for index, _ in enumerate(request.body["input"])],
        }
    text = json.dumps(request.body)
    if request.api == "chat":
        return completion(TEXT) if '"role": "tool"' in text else completion(weather=PARIS, news=ROME)
    is_answered = "function_call_output" in text
    return response(TEXT) if is_answered else response("Let me see", weather=PARIS, news=ROME)


def embedding(index: int) -> dict[str, Any]:
    return {"object": "embedding", "index": index, "embedding": [0.5, -0.006929283495992422, 1e-30]}


@pytest.fixture
def run() -> ScriptedRun:
    return ScriptedRun(plays)


@pytest.fixture(scope="module", autouse=True)
def _closes_the_server() -> Iterator[None]:
    yield
    server.close()


@pytest.fixture
def endpoint(run: ScriptedRun) -> Iterator[Endpoint]:
    with served(run) as endpoint:
        yield endpoint


@pytest.fixture
def client(endpoint: Endpoint) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=endpoint.url, api_key=endpoint.token) as client:
        yield client


@contextmanager
def plain(endpoint: Endpoint) -> Iterator[httpx.Client]:
    """Yield a client that knows nothing of OpenAI."""
    with httpx.Client(base_url=endpoint.url, headers={"authorization": f"Bearer {endpoint.token}"}) as client:
        yield client


def test_a_chat_is_the_same_conversation_streamed_and_not(run: ScriptedRun, client: openai.OpenAI) -> None:
    messages: list[Any] = [{"role": "user", "content": "Weather?"}]

    def ask() -> Any:
        return client.chat.completions.create(model="m", messages=messages, tools=[CHAT_TOOL])

    def stream() -> Any:
        options: Any = {"include_usage": True}
        with client.chat.completions.stream(
            model="m", messages=messages, tools=[CHAT_TOOL], stream_options=options
        ) as one:
            return one.get_final_completion()

    ends = []
    for answer in (ask, stream):
        messages = messages[:1]
        first = answer()
        assert first.choices[0].finish_reason == "tool_calls"
        message = first.choices[0].message
        messages += [message.model_dump()]
        messages += [{"role": "tool", "tool_call_id": call.id, "content": "rain"} for call in message.tool_calls]
        assert [(call.function.name, call.function.arguments) for call in message.tool_calls] == [
            ("weather", PARIS),
            ("news", ROME),
        ]
        last = answer()
        ends.append(
            (first.id, message.tool_calls[0].id, last.id, last.choices[0].message.content, last.usage.total_tokens)
        )
    assert ends[0] == ends[1]
    assert ends[0][3:] == (TEXT, 19)
    assert run.keys[:2] == run.keys[2:]
    assert len(set(run.keys)) == 2


@pytest.mark.parametrize("keeps_state", [False, True])
def test_responses_are_the_same_conversation_streamed_and_not(
    run: ScriptedRun, client: openai.OpenAI, *, keeps_state: bool
) -> None:
    def ask(**asked: Any) -> Any:
        return client.responses.create(model="m", tools=[RESPONSE_TOOL], **asked)

    def stream(**asked: Any) -> Any:
        with client.responses.stream(model="m", tools=[RESPONSE_TOOL], **asked) as one:
            return one.get_final_response()

    ends = []
    for answer in (ask, stream):
        conversation: list[Any] = [{"role": "user", "content": "Weather?"}]
        first = answer(input=conversation)
        assert first.output_text == "Let me see"
        calls = [item for item in first.output if item.type == "function_call"]
        assert [(call.name, call.arguments) for call in calls] == [("weather", PARIS), ("news", ROME)]
        results = [{"type": "function_call_output", "call_id": call.call_id, "output": "rain"} for call in calls]
        if keeps_state:
            last = answer(input=results, previous_response_id=first.id)
            assert last.previous_response_id == first.id
        else:
            output = [item.model_dump(exclude_none=True) for item in first.output]
            last = answer(input=[*conversation, *output, *results])
        ends.append(
            (first.id, calls[0].call_id, last.id, last.output_text, last.usage.input_tokens_details.cached_tokens)
        )
    assert ends[0] == ends[1]
    assert ends[0][3:] == (TEXT, 0)
    assert run.keys[:2] == run.keys[2:]
    assert len(set(run.keys)) == 2


def test_the_events_of_a_response_come_in_openais_order(client: openai.OpenAI) -> None:
    with client.responses.create(model="m", input="Weather?", stream=True) as stream:
        events = list(stream)

    message = ["output_item.added", "content_part.added", "output_text.delta", "output_text.done"]
    call = ["output_item.added", "function_call_arguments.delta", "function_call_arguments.done", "output_item.done"]
    summary = [f"reasoning_summary_{name}" for name in ("part.added", "text.delta", "text.done", "part.done")]
    reasoning = ["output_item.added", *summary, "output_item.done"]
    expected = ["created", "in_progress", *reasoning, *message, "content_part.done", "output_item.done", *call, *call]
    assert [event.type for event in events] == [f"response.{name}" for name in [*expected, "completed"]]
    assert [event.sequence_number for event in events] == list(range(len(events)))


def test_the_chunks_of_a_chat_come_in_openais_order(endpoint: Endpoint) -> None:
    asked = {"model": "m", "messages": [{"role": "user", "content": "Weather?"}], "stream": True}
    with plain(endpoint) as client:
        text = client.post("chat/completions", json=asked).text

    *chunks, done = text.removesuffix("\n\n").split("\n\n")
    assert done == "data: [DONE]"
    choices = [json.loads(chunk.removeprefix("data: "))["choices"] for chunk in chunks]
    deltas = [choice["delta"] for (choice,) in choices]
    assert deltas[0] == {"role": "assistant"}
    calls = [call for delta in deltas[1:-1] for call in delta["tool_calls"]]
    assert [(call["index"], call["function"]["arguments"]) for call in calls] == [
        (0, ""),
        (0, PARIS),
        (1, ""),
        (1, ROME),
    ]
    assert choices[-1] == [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]


@pytest.mark.parametrize("encoding", ["float", "base64", None])
def test_embeddings_are_the_same_in_both_encodings(run: ScriptedRun, client: openai.OpenAI, encoding: Any) -> None:
    # Without an encoding, the client asks for base64 by itself.
    options = {} if encoding is None else {"encoding_format": encoding}
    answer = client.embeddings.create(model="m", input=["one", "two"], **options)
    found = answer.data[1].embedding
    if encoding == "base64":
        assert isinstance(found, str)
    else:
        assert list(found) == pytest.approx([0.5, -0.006929283495992422, 1e-30], rel=1e-7)
        assert list(found)[:2] == [0.5, -0.006929283495992422]
    assert run.keys == [run.keys[0]]


def test_any_model_is_offered(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["agent"]
    assert client.models.retrieve("vendor/any-1").id == "vendor/any-1"


def test_an_asynchronous_client_asks_several_at_once(run: ScriptedRun, endpoint: Endpoint) -> None:
    async def ask(client: openai.AsyncOpenAI, text: str) -> str | None:
        messages: list[Any] = [
            {"role": "user", "content": text},
            {"role": "tool", "tool_call_id": "x", "content": "rain"},
        ]
        answer = await client.chat.completions.create(model="m", messages=messages)
        return answer.choices[0].message.content

    async def all_at_once() -> list[str | None]:
        async with openai.AsyncOpenAI(base_url=endpoint.url, api_key=endpoint.token) as client:
            return await asyncio.gather(*(ask(client, f"{number}") for number in range(6)))

    assert asyncio.run(all_at_once()) == [TEXT] * 6
    assert len(set(run.keys)) == 6


def test_as_many_requests_as_come_wait_for_their_model_at_once() -> None:
    waiting = threading.Barrier(60, timeout=30)

    def script(request: ModelRequest) -> dict[str, Any]:
        waiting.wait()
        return plays(request)

    async def ask_all(endpoint: Endpoint) -> set[int]:
        asked = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
        headers = {"authorization": f"Bearer {endpoint.token}"}
        async with httpx.AsyncClient(
            base_url=endpoint.url, headers=headers, timeout=60, limits=httpx.Limits(max_connections=None)
        ) as client:
            asking = [client.post("chat/completions", json=asked) for _ in range(waiting.parties)]
            return {answer.status_code for answer in await asyncio.gather(*asking)}

    with served(ScriptedRun(script)) as endpoint:
        assert asyncio.run(ask_all(endpoint)) == {200}


def test_litellm_asks_streamed_and_not(run: ScriptedRun, endpoint: Endpoint) -> None:
    litellm = load_litellm()
    about: dict[str, Any] = {"model": "openai/m", "api_base": endpoint.url, "api_key": endpoint.token}
    about["tools"] = [CHAT_TOOL]
    for stream in (False, True):
        messages: list[Any] = [{"role": "user", "content": "Weather?"}]
        for _ in range(2):
            answer: Any = litellm.completion(messages=messages, stream=stream, **about)
            if stream:
                answer = litellm.stream_chunk_builder(list(answer), messages=messages)
            message = answer.choices[0].message
            messages.append(message.model_dump())
            calls = message.tool_calls or []
            messages += [{"role": "tool", "tool_call_id": call.id, "content": "rain"} for call in calls]
        assert messages[-1]["content"] == TEXT
    assert run.keys[:2] == run.keys[2:]
    assert len(set(run.keys)) == 2


def raises(error: BaseException) -> Callable[[ModelRequest], dict[str, Any]]:
    def script(_request: ModelRequest) -> dict[str, Any]:
        raise error

    return script


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (CassetteDrift("turn 1, call 2 of role agent is not as recorded"), 409, "cassette_drift"),
        (EngineConfigurationError("there is no agent_engine_config"), 400, "configuration"),
        (ContextTooLongError("the request is too long"), 400, "context_length_exceeded"),
        (ProviderOutageError("the provider is down", "try again later"), 424, "infrastructure"),
        (TurnOver("the turn is over"), 409, "turn_over"),
        (RunEnded(RuntimeError("the budget is used up")), 409, "run_over"),
        (ZeroDivisionError("division by zero"), 500, "internal_error"),
    ],
)
def test_an_error_is_reported_at_once_and_not_retried(
    error: BaseException, status: int, code: str, *, stream: bool
) -> None:
    run = ScriptedRun(raises(error))
    with (
        served(run) as endpoint,
        openai.OpenAI(base_url=endpoint.url, api_key=endpoint.token, max_retries=3) as client,
        pytest.raises(openai.APIStatusError) as caught,
    ):
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}], stream=stream)
    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert str(error) in caught.value.message
    assert "Traceback" not in caught.value.message
    assert len(run.requests) == 1


def test_no_secret_is_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "correct-horse-battery")
    run = ScriptedRun(raises(EngineConfigurationError("refused correct-horse-battery")))
    with served(run) as endpoint, plain(endpoint) as client:
        text = client.post("embeddings", json={"model": "m", "input": "Hi"}).text
        text += client.get("correct-horse-battery").text
    assert text.count("[redacted]") == 2
    assert "battery" not in text


def test_the_count_of_retries_reaches_the_run(run: ScriptedRun, endpoint: Endpoint) -> None:
    asked = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    with plain(endpoint) as client:
        for count in ("0", "2", "two"):
            headers = {"x-stainless-retry-count": count}
            assert client.post("chat/completions", json=asked, headers=headers).status_code == 200
    assert [request.retry for request in run.requests] == [0, 2, 0]


def test_a_retry_of_a_client_is_the_same_request() -> None:
    has_retried = threading.Event()

    def script(request: ModelRequest) -> dict[str, Any]:
        if request.retry > 0:
            has_retried.set()
        assert has_retried.wait(60)
        return plays(request)

    run = ScriptedRun(script)
    with (
        served(run) as endpoint,
        openai.OpenAI(base_url=endpoint.url, api_key=endpoint.token, timeout=0.3, max_retries=20) as client,
    ):
        assert client.responses.create(model="m", input="Hi").output_text == "Let me see"
    # A busy machine may need more than one retry.
    assert [request.retry for request in run.requests] == list(range(len(run.requests)))
    assert len(set(run.keys)) == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "sentence"),
    [
        ("POST", "chat/completions", "[1]", 400, "the body must be a JSON object, got list"),
        ("POST", "chat/completions", "{", 400, "the body is not JSON: "),
        (
            "POST",
            "responses",
            '{"model": "m", "input": "Hi", "background": true}',
            400,
            "background: the endpoint has no ",
        ),
        ("GET", "chat/completions", "", 405, "GET /v1/chat/completions: the model endpoint of a run offers POST "),
        ("GET", "responses/resp_1", "", 404, "GET /v1/responses/resp_1: the model endpoint of a run offers POST "),
        ("DELETE", "responses/resp_1", "", 404, "DELETE /v1/responses/resp_1: the model endpoint of a run offers "),
        ("POST", "images/generations", "{}", 404, "POST /v1/images/generations: the model endpoint of a run offers "),
    ],
)
def test_what_is_not_offered_is_refused_with_a_sentence(
    run: ScriptedRun, endpoint: Endpoint, method: str, path: str, body: str, status: int, sentence: str
) -> None:
    with plain(endpoint) as client:
        answer = client.request(method, path, content=body)
    assert answer.status_code == status
    assert answer.headers["x-should-retry"] == "false"
    assert answer.json()["error"]["message"].startswith(sentence)
    assert not run.requests
