"""Requests of an agent to its model: compared by content, answered with ids that stay the same."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_pare.engines.agent_requests import (
    Api,
    InvalidRequestError,
    ModelRequest,
    facts_of,
    from_stored,
    messages_of,
    read_request,
    to_stored,
    upstream_body,
    with_own_ids,
    with_upstream_ids,
)
from pytest_pare.engines.cassette import Message, fingerprint
from pytest_pare.engines.drift import difference
from pytest_pare.engines.errors import EngineConfigurationError
from pytest_pare.engines.facts import Facts

KEY = "0123456789abcdef"

texts = st.text(max_size=8)
scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.just(0.5) | texts
values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(texts, scalars, max_size=2)
objects = st.dictionaries(texts, values, max_size=2)
calls = st.lists(st.tuples(st.sampled_from(["weather", "news"]), objects), min_size=1, max_size=2)
rounds = st.lists(st.tuples(texts, calls), max_size=2)
Turns: TypeAlias = list[tuple[str, list[tuple[str, dict[str, Any]]]]]


def chat(turns: Turns, write: Any = json.dumps, name: Any = str) -> ModelRequest:
    """Return a chat in which each turn has an answer with calls and their results.

    Args:
        turns: The texts and calls.
        write: Writes the arguments of a call.
        name: Returns the id of the call of a number.
    """
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Hi"}]
    number = 0
    for text, called in turns:
        ids = [name(number + index) for index, _ in enumerate(called)]
        number += len(called)
        asked = [
            {"id": one, "type": "function", "function": {"name": tool, "arguments": write(arguments)}}
            for one, (tool, arguments) in zip(ids, called, strict=True)
        ]
        messages.append({"role": "assistant", "content": text or None, "tool_calls": asked})
        messages += [{"role": "tool", "tool_call_id": one, "content": "ok"} for one in ids]
    return ModelRequest("chat", {"model": "m", "messages": messages})


def responses(request: ModelRequest) -> ModelRequest:
    """Return the same conversation for the Responses API."""
    items: list[dict[str, Any]] = []
    for message in request.body["messages"]:
        if message["role"] == "tool":
            result = {"call_id": message["tool_call_id"], "output": message["content"]}
            items.append({"type": "function_call_output", **result})
        elif message.get("content"):
            items.append({"role": message["role"], "content": message["content"]})
        for call in message.get("tool_calls", ()):
            about = {"type": "function_call", "id": f"fc_{call['id']}", "call_id": call["id"]}
            items.append({**about, **call["function"]})
    return ModelRequest("responses", {"model": "m", "input": items})


def shuffled(value: Any, random: Any) -> Any:
    """Return a value with the keys of its objects in another order, and with nulls where there is no key."""
    if isinstance(value, list):
        return [shuffled(item, random) for item in value]
    if not isinstance(value, dict):
        return value
    items = list({**value, "unset": None}.items())
    random.shuffle(items)
    return {name: shuffled(item, random) for name, item in items}


def key(request: ModelRequest) -> str:
    return fingerprint(messages_of(request))


def in_other_words(arguments: dict[str, Any]) -> str:
    """Return the same arguments as another client writes them."""
    return json.dumps(dict(reversed(arguments.items())), ensure_ascii=False, indent=1)


@settings(max_examples=30)
@given(rounds, st.randoms(use_true_random=False), st.booleans())
def test_a_conversation_in_other_words_has_the_same_key(turns: Any, random: Any, has_items: bool) -> None:
    one, other = chat(turns), chat(turns, in_other_words, "theirs-{}".format)
    if has_items:
        one, other = responses(one), responses(other)
    assert key(one) == key(ModelRequest(other.api, shuffled(other.body, random)))


@settings(max_examples=30)
@given(rounds, rounds)
def test_different_conversations_have_different_keys(one: Any, other: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (key(chat(one)) == key(chat(other))) is same


def asked(api: Api, **fields: Any) -> ModelRequest:
    default: dict[str, Any] = {"messages": [{"role": "user", "content": "Hi"}]} if api == "chat" else {"input": "Hi"}
    return ModelRequest(api, {"model": "m", **default, **fields})


def said(message: dict[str, Any]) -> ModelRequest:
    return asked("chat", messages=[message])


def item(**fields: Any) -> ModelRequest:
    return asked("responses", input=[fields])


def called(arguments: str | None, **more: Any) -> ModelRequest:
    call = {"id": "x", "function": {"name": "f", "arguments": arguments, **more}}
    return said({"role": "assistant", "tool_calls": [call]})


TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (asked("chat"), asked("chat", stream=True, stream_options={"include_usage": True}, tools=[], user=None)),
        (asked("chat", tools=TOOLS), asked("chat", tools=TOOLS, tool_choice="auto", parallel_tool_calls=True)),
        (asked("chat"), asked("chat", prompt_cache_key="per-run")),
        (asked("chat", temperature=1), asked("chat", temperature=1.0)),
        (asked("chat"), said({"role": "user", "content": [{"type": "text", "text": "Hi"}]})),
        (asked("chat"), said({"role": "user", "content": "Hi", "type": "message", "name": None})),
        (asked("chat"), replace(asked("chat"), retry=1)),
        (called('{"a": 2e3}'), called('{"a":2000}')),
        (called(""), called("{}")),
        (called(None), called("null", parsed_arguments={})),
        (asked("responses", include=["x"], stream=True), asked("responses", input=[{"role": "user", "content": "Hi"}])),
        (
            item(type="message", id="msg_1", role="assistant", status="completed", content=[
                {"type": "output_text", "text": "Hi", "annotations": [], "logprobs": []},
            ]),
            item(role="assistant", content="Hi"),
        ),
        (
            item(type="reasoning", id="rs_1", summary=[], encrypted_content="x", status=None),
            item(type="reasoning", id="rs_2", encrypted_content="x"),
        ),
        (
            item(type="function_call", id="fc_1", call_id="a", name="f", arguments='{"a":1}', status="completed"),
            item(type="function_call", call_id="b", name="f", arguments='{ "a": 1 }'),
        ),
        (
            item(type="function_call_output", call_id="a", output=[{"type": "input_text", "text": "ok"}]),
            item(type="function_call_output", call_id="b", output="ok"),
        ),
        (asked("embeddings"), asked("embeddings", input=["Hi"], encoding_format="base64")),
    ],
)  # fmt: skip
def test_what_means_the_same_has_the_same_key(one: ModelRequest, other: ModelRequest) -> None:
    assert messages_of(one) == messages_of(other)


def results_of_before(*ids: str) -> ModelRequest:
    """Return a request with the results of calls of an earlier response."""
    results = [{"type": "function_call_output", "call_id": one, "output": "ok"} for one in ids]
    return asked("responses", previous_response_id="resp_1", input=results)


def linked(first: str, second: str) -> ModelRequest:
    """Return a request with two calls, and their results in the order of the ids."""
    functions = [{"id": one, "function": {"name": "f", "arguments": "{}"}} for one in ("a", "b")]
    results = [{"role": "tool", "tool_call_id": one, "content": "ok"} for one in (first, second)]
    return asked("chat", messages=[{"role": "assistant", "tool_calls": functions}, *results])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (asked("chat"), asked("chat", model="n")),
        (asked("chat"), asked("chat", tools=TOOLS)),
        (asked("chat", tools=TOOLS), asked("chat", tools=TOOLS, tool_choice="required")),
        (asked("chat", temperature=0), asked("chat")),
        (asked("chat"), said({"role": "user", "content": "Hi "})),
        (called('{"a": null}'), called("{}")),
        (called('{"a": 1'), called('{"a":1')),
        (called('{"a": NaN}'), called('{"a": null}')),
        (linked("a", "b"), linked("b", "a")),
        (asked("responses", previous_response_id="resp_1"), asked("responses", previous_response_id="resp_2")),
        (results_of_before("a", "b"), results_of_before("b", "a")),
        (asked("responses", instructions="Be kind"), asked("responses")),
        (item(type="item_reference", id="rs_1"), item(type="item_reference", id="rs_2")),
        (asked("embeddings", input=["a", "b"]), asked("embeddings", input=["b", "a"])),
        (asked("embeddings", input=[1, 2]), asked("embeddings", input=[[1], [2]])),
        (asked("embeddings", dimensions=2), asked("embeddings")),
    ],
)
def test_what_differs_has_another_key(one: ModelRequest, other: ModelRequest) -> None:
    assert key(one) != key(other)


def test_messages_are_short_and_a_difference_of_them_is_shown() -> None:
    before = messages_of(chat([("Let me see", [("weather", {"city": "Paris"})])]))
    assert before == [
        Message("request", {"model": "m"}),
        Message("user", "Hi"),
        Message(
            "assistant",
            {
                "content": "Let me see",
                "tool_calls": [{"function": {"arguments": {"city": "Paris"}, "name": "weather"}, "id": "call_1"}],
            },
        ),
        Message("tool", {"content": "ok", "tool_call_id": "call_1"}),
    ]
    after = messages_of(chat([("Let me see", [("weather", {"city": "Rome"})])]))
    first, *lines = difference(before, after)
    assert first == "message 3 of 4:"
    assert ["Paris" in lines[0], "Rome" in lines[1]] == [True, True]


def completion(*ids: str | None) -> dict[str, Any]:
    functions = [{"index": 0, "id": one, "function": {"name": "f", "arguments": {"a": 1}}} for one in ids]
    message = {"role": "assistant", "content": None, "tool_calls": functions}
    about = {"id": "theirs", "created": 7, "model": "m", "system_fingerprint": "fp", "service_tier": "x"}
    return {**about, "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}], "usage": {}}


def test_an_answer_gets_ids_of_its_request_and_no_trace_of_the_time() -> None:
    body, upstream = with_own_ids(completion("", "their-call", None), KEY, 2)
    message = body["choices"][0]["message"]
    own = [f"call_{KEY}_2_{number}" for number in range(3)]
    assert [call["id"] for call in message["tool_calls"]] == own
    assert message["tool_calls"][0] == {
        "type": "function", "id": own[0], "function": {"name": "f", "arguments": '{"a": 1}'},
    }  # fmt: skip
    assert upstream == {f"chatcmpl-{KEY}-2": "theirs", own[0]: "", own[1]: "their-call", own[2]: ""}
    assert body == with_own_ids({**completion("", "x", "y"), "created": 8, "system_fingerprint": "new"}, KEY, 2)[0]


ids = st.none() | st.text(max_size=5)


@given(st.lists(ids, max_size=4), ids)
def test_ids_of_a_chat_are_translated_back(given_ids: list[str | None], identifier: str | None) -> None:
    body, upstream = with_own_ids({**completion(*given_ids), "id": identifier}, KEY, 1)
    answered = body["choices"][0]["message"]
    own = [call["id"] for call in answered.get("tool_calls", ())]
    assert len(set(own)) == len(given_ids)
    results = [{"role": "tool", "tool_call_id": one, "content": "ok"} for one in own]
    request = ModelRequest(
        "chat", {"model": "m", "messages": [answered, *results], "stream": True, "stream_options": {}}
    )
    sent = upstream_body(request, upstream)
    expected = [theirs or mine for theirs, mine in zip(given_ids, own, strict=True)]
    assert [call["id"] for call in sent["messages"][0].get("tool_calls", ())] == expected
    assert [message["tool_call_id"] for message in sent["messages"][1:]] == expected
    assert sent.keys() == {"model", "messages"}


@given(st.lists(st.tuples(ids, ids), max_size=4), ids)
def test_ids_of_a_response_are_translated_back(
    given_ids: list[tuple[str | None, str | None]], identifier: str | None
) -> None:
    output = [
        {"type": "function_call", "id": item_id, "call_id": call_id, "name": "f", "arguments": "{}"}
        for item_id, call_id in given_ids
    ]
    answer = {
        "id": identifier,
        "created_at": 5.0,
        "output": output,
        "tools": [{"echo": 1}],
        "previous_response_id": "x",
    }
    body, upstream = with_own_ids(answer, KEY, 1)
    assert body.keys() == {"id", "object", "created_at", "status", "output"}
    results = [{"type": "function_call_output", "call_id": one["call_id"], "output": "ok"} for one in body["output"]]
    sent = with_upstream_ids({"previous_response_id": body["id"], "input": [*body["output"], *results]}, upstream)
    assert sent["previous_response_id"] == identifier or not identifier
    count = len(output)
    for theirs, mine, call, result in zip(
        output, body["output"], sent["input"][:count], sent["input"][count:], strict=True
    ):
        assert call["call_id"] == result["call_id"] == (theirs["call_id"] or mine["call_id"])
        # The provider would look for an id that it has not given.
        assert call.get("id") == (theirs["id"] or None)


def test_what_only_the_provider_of_a_recorded_answer_has_is_not_sent() -> None:
    body, upstream = with_own_ids({"id": "theirs", "output": [{"type": "reasoning", "id": "rs_theirs"}]}, KEY, 1)
    items: list[dict[str, Any]] = [*body["output"], {"type": "function_call", "id": f"fc_{KEY}_1_1", "call_id": "a"}]
    assert upstream_body(asked("responses", input=items), {})["input"] == [{"type": "function_call", "call_id": "a"}]
    sent = upstream_body(asked("responses", input=items, previous_response_id=body["id"]), upstream)
    assert [one.get("id") for one in sent["input"]] == ["rs_theirs", None]
    assert sent["previous_response_id"] == "theirs"
    encrypted = {**items[0], "encrypted_content": "x"}
    assert upstream_body(asked("responses", input=[encrypted]), {})["input"] == [encrypted]


@pytest.mark.parametrize(
    "request_",
    [
        asked("responses", previous_response_id=f"resp_{KEY}_1"),
        item(type="item_reference", id=f"msg_{KEY}_1_2"),
    ],
)
def test_a_reference_to_a_recorded_answer_is_refused(request_: ModelRequest) -> None:
    with pytest.raises(EngineConfigurationError, match=f"refers to [a-z]+_{KEY}_1.* record the run anew as a whole"):
        upstream_body(request_, {})
    assert upstream_body(request_, {f"resp_{KEY}_1": "", f"msg_{KEY}_1_2": ""}) == request_.body


def test_embeddings_in_base64_become_numbers() -> None:
    body, _ = with_own_ids({"object": "list", "data": [{"embedding": "AAAAPwAAgL8=", "index": 0}], "id": "x"}, KEY, 1)
    assert body == {"object": "list", "data": [{"embedding": [0.5, -1.0], "index": 0}]}
    request = ModelRequest("embeddings", {"model": "m", "input": "Hi", "encoding_format": "base64"})
    assert upstream_body(request, {})["encoding_format"] == "float"


@given(objects)
def test_an_answer_is_stored_and_read_as_it_was(body: dict[str, Any]) -> None:
    text = to_stored(body)
    assert from_stored(text) == body
    assert "\n" not in text


def test_a_stored_answer_has_no_secrets_and_is_json_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", 'correct"horse')
    nested = json.dumps({"password": "hunter2", "text": 'it is correct"horse, -----BEGIN PRIVATE KEY-----'})
    stored = to_stored({"choices": [{"arguments": nested}], "api_key": "abc"})
    assert from_stored(stored)["api_key"] == "[redacted]"
    assert not [secret for secret in ("hunter2", "horse", "abc", "BEGIN") if secret in stored]


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000])
def test_a_stored_answer_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        from_stored(text)


@pytest.mark.parametrize(
    ("api", "body", "facts"),
    [
        (
            "chat",
            {"choices": [{"finish_reason": "tool_calls"}], "usage": {"prompt_tokens": 3, "completion_tokens": 2}},
            Facts(3, 2, finish_reason="tool_calls"),
        ),
        ("chat", {"choices": [{"finish_reason": None}], "usage": None}, Facts(finish_reason="stop")),
        ("chat", {"choices": [], "usage": {"prompt_tokens": "many", "completion_tokens": 0}}, Facts()),
        (
            "responses",
            {"output": [], "usage": {"input_tokens": 3, "output_tokens": 2}},
            Facts(3, 2, finish_reason="stop"),
        ),
        ("responses", {"output": [{"type": "function_call"}]}, Facts(finish_reason="tool_calls")),
        (
            "responses",
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            Facts(finish_reason="length"),
        ),
        ("responses", {"status": "incomplete"}, Facts()),
        ("responses", {"status": "failed", "error": {"code": "server_error"}}, Facts()),
        ("embeddings", {"usage": {"prompt_tokens": 3}}, Facts(3, 0, finish_reason="stop")),
    ],
)  # fmt: skip
def test_the_figures_of_an_answer_are_read_in_each_format(api: Api, body: dict[str, Any], facts: Facts) -> None:
    assert facts_of(api, body) == facts


HI: list[Any] = [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize(
    ("api", "body", "message"),
    [
        ("chat", {"messages": HI}, "model: expected the name of a model, got nothing"),
        ("chat", {"model": "m"}, "messages: expected a list of messages, got nothing"),
        ("chat", {"model": "m", "messages": []}, "messages: expected a list of messages, got list"),
        ("chat", {"model": "m", "messages": [3]}, "messages[0]: expected an object, got int (3)"),
        ("chat", {"model": "m", "messages": [{"content": ""}]}, "messages[0].role: expected a text, got nothing"),
        (
            "chat",
            {"model": "m", "messages": [{"role": "user", "content": 3}]},
            "messages[0].content: expected a text or a list of parts, got int (3)",
        ),
        (
            "chat",
            {"model": "m", "messages": [{"role": "assistant", "tool_calls": [{}, {"id": 3}]}]},
            "messages[0].tool_calls[1].id: expected a text, got int (3)",
        ),
        (
            "responses",
            {"model": "m", "input": [{"type": "x", "call_id": 3}]},
            "input[0].call_id: expected a text, got int (3)",
        ),
        ("chat", {"model": "m", "messages": HI, "stream": "yes"}, "stream: expected true or false, got str ('yes')"),
        (
            "chat",
            {"model": "m", "messages": HI, "n": 2},
            "n: the endpoint returns one choice, got 2; send n requests instead",
        ),
        (
            "chat",
            {"model": "m", "messages": HI, "modalities": ["text", "audio"]},
            "modalities: the endpoint returns no audio; ask for text",
        ),
        ("responses", {"model": "m"}, "input: expected a text or a list of items, got none"),
        ("responses", {"model": "m", "input": 3}, "input: expected a text or a list of items, got int (3)"),
        ("responses", {"model": "m", "input": [{"content": "Hi"}]}, "input[0].role: expected a text, got nothing"),
        (
            "responses",
            {"model": "m", "input": "Hi", "background": True},
            "background: the endpoint has no background responses; leave it out",
        ),
        (
            "responses",
            {"model": "m", "input": "Hi", "conversation": "c"},
            "conversation: the endpoint stores no conversations; send previous_response_id",
        ),
        ("embeddings", {"model": "m", "input": {}}, "input: expected a text, a list of texts, or tokens, got dict"),
        (
            "embeddings",
            {"model": "m", "input": "Hi", "encoding_format": "int8"},
            "encoding_format: expected 'float' or 'base64', got str ('int8')",
        ),
    ],
)  # fmt: skip
def test_a_wrong_body_is_refused_with_a_sentence(api: Api, body: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        read_request(api, json.dumps(body).encode())
    assert str(caught.value) == message
    assert message.startswith(f"{caught.value.param}: ")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the body is not JSON: "),
        (b"\xff", "the body is not JSON: "),
        (b'{"model": NaN}', "the body is not JSON: NaN is no number of JSON"),
        (b"[" * 100_000, "the body is not JSON: "),
        (b'"text"', "the body must be a JSON object, got str ('text')"),
        (b'{"model": ' + b"[" * 300 + b"]" * 300 + b"}", "the body is nested more than 100 levels deep"),
    ],
)
def test_what_is_no_object_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        read_request("chat", data)
    assert str(caught.value).startswith(message)


LOOSE = st.recursive(
    scalars, lambda one: st.lists(one, max_size=3) | st.dictionaries(
        st.sampled_from([
            "role", "content", "type", "tool_calls", "function", "arguments", "id", "call_id", "tool_call_id",
            "function_call", "output", "text", "model", "stream",
        ]), one, max_size=5), max_leaves=12,
)  # fmt: skip


@settings(max_examples=30)
@given(st.sampled_from(["chat", "responses", "embeddings"]), st.lists(LOOSE, max_size=3) | LOOSE, LOOSE)
def test_any_body_is_refused_or_has_a_key(api: Any, items: Any, tools: Any) -> None:
    body = {"model": "m", "messages": items, "input": items, "tools": tools}
    try:
        request = read_request(api, json.dumps(body).encode())
    except InvalidRequestError:
        return
    assert len(key(request)) == 16
    assert with_upstream_ids(request.body, {}).keys() == body.keys()


@settings(max_examples=30)
@given(LOOSE, LOOSE)
def test_any_answer_gets_ids(choices: Any, message: Any) -> None:
    for body in ({"choices": choices}, {"choices": [{"message": message}]}, {"output": choices}, {"data": choices}):
        found, _ = with_own_ids(body, KEY, 1)
        assert from_stored(to_stored(found)).keys() == found.keys()
