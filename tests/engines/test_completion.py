"""What is an answer in OpenAI's format, and what is a failure of the provider or of how it is used."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.engines.completion import Answer, read_completion
from pytest_pare.engines.errors import (
    ContentRefusedError,
    ContextTooLongError,
    EngineConfigurationError,
    EngineError,
    ProviderOutageError,
    RateLimitError,
)
from pytest_pare.scenarios.engine_config import Price
from tests.engines.model_server import WAIT, completion

CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
TOKENS = {"prompt_tokens": 400, "completion_tokens": 100, "total_tokens": 500}


@pytest.mark.parametrize(
    ("body", "text", "reason"),
    [
        (completion(WAIT), WAIT, "stop"),
        (completion(WAIT, finish=None), WAIT, "stop"),
        (completion(WAIT, finish="eos"), WAIT, "stop"),
        (completion(WAIT, finish="end_turn"), WAIT, "stop"),
        (completion(WAIT[:9], finish="length"), WAIT[:9], "length"),
        (completion(WAIT, finish="MAX_TOKENS"), WAIT, "length"),
        (completion(WAIT, finish="tool_calls"), WAIT, "tool_calls"),
        (completion(WAIT, tool_calls=[CALL]), WAIT, "stop"),
        (completion(WAIT, reasoning_content="Hm."), WAIT, "stop"),
        (completion(WAIT, choice={"error": None}), WAIT, "stop"),
        ({**completion(WAIT), "error": None}, WAIT, "stop"),
        (completion([{"type": "text", "text": WAIT[:9]}, {"type": "text", "text": WAIT[9:]}]), WAIT, "stop"),
        (completion([{"type": "thinking", "thinking": "Hm."}, {"type": "output_text", "text": WAIT}]), WAIT, "stop"),
        (completion([WAIT, {"type": "image_url", "image_url": {}}, 3]), WAIT, "stop"),
        (completion({"type": "text", "text": WAIT}), WAIT, "stop"),
        (completion(f"\n<think>Action: no</think>\n{WAIT}"), WAIT, "stop"),
        (completion(None, refusal="I cannot help with that."), "I cannot help with that.", "stop"),
        # What a model has nothing to say to is its own answer.
        (completion(""), "", "stop"),
        (completion(None), "", "stop"),
        (completion([]), "", "stop"),
        (completion("<think>Nothing to do.</think>"), "", "stop"),
        (completion("<think>Nothing to"), "", "stop"),
    ],
)
def test_what_is_an_answer(body: Any, text: str, reason: str) -> None:
    assert read_completion(body) == Answer(text, None, None, reason)


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        (completion("", finish="error"), ProviderOutageError, "it broke off with finish_reason 'error'"),
        (completion(WAIT, finish="ERROR"), ProviderOutageError, "finish_reason 'ERROR'"),
        (completion(WAIT, finish="abort"), ProviderOutageError, "finish_reason 'abort'"),
        (completion(WAIT, finish=3), ProviderOutageError, "finish_reason '3'"),
        (completion(WAIT, finish={"type": "stop"}), ProviderOutageError, "finish_reason"),
        (
            completion("", finish="error", choice={"error": {"code": 502, "message": "the backend is down"}}),
            ProviderOutageError,
            "(502, the backend is down, in a response of status 200)",
        ),
        (completion(WAIT, choice={"error": {"message": "down"}}), ProviderOutageError, "(down, in a response"),
        (completion(WAIT, finish="content_filter"), ContentRefusedError, "the content filter keeps the answer back"),
        (completion(None, finish="SAFETY"), ContentRefusedError, "the content filter"),
        (
            completion("", finish="length"),
            EngineConfigurationError,
            "max_tokens was used up before there was an answer",
        ),
        (completion(f"<think>Or\n{WAIT}", finish="length"), EngineConfigurationError, "an answer, inside of a thought"),
        (completion(f" \n<Thinking>Or\n{WAIT}", finish="length"), EngineConfigurationError, "inside of a thought"),
        (completion(None, finish="tool_calls", tool_calls=[CALL]), EngineConfigurationError, "a call of a function"),
        (completion(None, tool_calls=[CALL]), EngineConfigurationError, "a call of a function"),
        (completion("", finish="tool_calls"), EngineConfigurationError, "a call of a function"),
        (completion(None, function_call={"name": "look"}), EngineConfigurationError, "a call of a function"),
        (completion(None, reasoning_content=WAIT), EngineConfigurationError, "reasoning in it, and no text"),
        (completion("", reasoning=WAIT), EngineConfigurationError, "reasoning in it, and no text"),
        (
            completion([{"type": "thinking", "thinking": "Hm."}]),
            EngineConfigurationError,
            "reasoning in it, and no text",
        ),
        ({"choices": []}, ProviderOutageError, "no choices"),
        ({"choices": None}, EngineConfigurationError, "no chat completion ({})"),
        ({"choices": [{"message": None}]}, ProviderOutageError, "no message"),
        ({"choices": [{}]}, ProviderOutageError, "no message"),
        # Whatever is no completion today is none tomorrow.
        (None, EngineConfigurationError, "no chat completion (null)"),
        ([], EngineConfigurationError, "no chat completion ([])"),
        ("Hi", EngineConfigurationError, 'no chat completion ("Hi")'),
        ({}, EngineConfigurationError, "no chat completion ({})"),
        ({"response": "Hi"}, EngineConfigurationError, 'no chat completion ({"response": "Hi"})'),
        ({"choices": 3}, EngineConfigurationError, "no chat completion"),
        ({"choices": {"message": {}}}, EngineConfigurationError, "no chat completion"),
        ({"choices": ["Hi"]}, EngineConfigurationError, "no chat completion"),
        ({"choices": [{"message": "Hi"}]}, EngineConfigurationError, "no chat completion"),
        (completion(3), EngineConfigurationError, "no chat completion"),
    ],
)
def test_what_is_no_answer(body: Any, error: type[EngineError], words: str) -> None:
    with pytest.raises(EngineError) as raised:
        read_completion(body)
    assert type(raised.value) is error
    assert words in raised.value.what
    assert raised.value.advice


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        ({"error": {"message": "overloaded", "code": 503}}, ProviderOutageError, "(503, overloaded, in a"),
        ({"error": {"message": "overloaded", "code": "503"}}, ProviderOutageError, "(503, overloaded, in a"),
        ({"error": "overloaded"}, ProviderOutageError, "(overloaded, in a response of status 200)"),
        ({"error": {"message": "overloaded", "type": "overloaded_error"}}, ProviderOutageError, "overloaded"),
        ({"error": True}, ProviderOutageError, "(in a response of status 200)"),
        ({"error": ["odd"]}, ProviderOutageError, "(in a response of status 200)"),
        ({"object": "error", "message": "overloaded", "code": 40303}, ProviderOutageError, "(40303, overloaded"),
        ({"detail": "overloaded"}, ProviderOutageError, "overloaded"),
        ({"error": {"message": "slow down", "code": 429}}, RateLimitError, "(429, slow down"),
        ({"error": {"message": "slow down", "type": "rate_limit_error"}}, RateLimitError, "slow down"),
        ({"error": {"message": "who?", "code": 401}}, EngineConfigurationError, "the key is refused (401, who?"),
        ({"error": {"message": "who?", "code": "invalid_api_key"}}, EngineConfigurationError, "the key is refused"),
        ({"error": {"message": "no", "code": "insufficient_quota"}}, EngineConfigurationError, "no credit left"),
        ({"error": {"message": "no m", "code": "model_not_found"}}, EngineConfigurationError, "no such model"),
        ({"error": {"message": "no", "code": "context_length_exceeded"}}, ContextTooLongError, "longer than the model"),
        ({"error": {"message": "the prompt is too long"}}, ContextTooLongError, "longer than the model"),
        ({"error": {"message": "no", "code": "content_filter"}}, ContentRefusedError, "the content filter refuses"),
    ],
)  # fmt: skip
def test_an_error_in_an_answer_is_told_in_its_words(body: Any, error: type[EngineError], words: str) -> None:
    with pytest.raises(EngineError) as raised:
        read_completion(body)
    assert type(raised.value) is error
    assert words in raised.value.what
    with pytest.raises(error):
        read_completion({**completion(WAIT), "error": body.get("error", body)})


@pytest.mark.parametrize(
    ("usage", "known"),
    [
        (TOKENS, (400, 100)),
        ({"prompt_tokens": 2.0, "completion_tokens": 1.0}, (2, 1)),
        ({"prompt_tokens": 400.5, "completion_tokens": 1}, (None, 1)),
        ({"prompt_tokens": 400, "completion_tokens": None}, (400, None)),
        ({"prompt_tokens": 400}, (400, None)),
        ({"prompt_tokens": 400, "completion_tokens": 0}, (400, None)),
        ({"prompt_tokens": 0, "completion_tokens": 0}, (None, None)),
        ({"prompt_tokens": -40, "completion_tokens": -10}, (None, None)),
        ({"prompt_tokens": "400", "completion_tokens": True}, (None, None)),
        ({"prompt_tokens": float("nan"), "completion_tokens": 10**400}, (None, None)),
        ([1], (None, None)),
        (7, (None, None)),
    ],
)
def test_what_is_known_of_tokens(usage: Any, known: tuple[int | None, int | None]) -> None:
    answer = read_completion(completion(WAIT, usage=usage))
    assert (answer.prompt_tokens, answer.completion_tokens) == known
    cost = answer.at_price(Price(input=10, output=30)).cost
    assert (cost is None) == (None in known)


def test_an_answer_without_a_text_may_have_no_token() -> None:
    answer = read_completion(completion("", usage={"prompt_tokens": 100, "completion_tokens": 0}))
    assert answer.at_price(Price(input=10, output=30)).cost == pytest.approx(0.001)


def test_a_price_of_nothing_is_a_price() -> None:
    answer = read_completion(completion(WAIT, usage=TOKENS))
    assert answer.at_price(Price(input=0, output=0)).cost == 0.0
    assert answer.at_price(None).cost is None
    assert answer.at_price(Price(input=1e300, output=1)).cost is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.sampled_from(["stop", "length"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "message", "content", "finish_reason", "error", "code", "type", "text", "usage"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON | st.builds(completion, JSON, finish=JSON, usage=JSON))
def test_any_json_is_an_answer_or_an_error_with_words(body: Any) -> None:
    body = json.loads(json.dumps(body))
    try:
        answer = read_completion(body)
    except EngineError as raised:
        what = raised.what
    else:
        what = f"{type(answer.text).__name__}, {answer.finish_reason}"
        assert what in {"str, stop", "str, length"}
    assert 0 < len(what) < 400
    assert "\n" not in what
