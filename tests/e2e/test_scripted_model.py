"""The scripted model behind the recipes: it goes on with a conversation, and refuses what lacks something."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.compat.scripted_model import (
    RefusedError,
    ScriptedModel,
    chat_answer,
    from_chat,
    from_responses,
    next_calls,
    responses_answer,
)
from tests.compat.scripts import SAY, SCRIPTS

NEWS = {"role": "user", "content": "New message from Priya Shah"}
YES = {"role": "user", "content": "Yes, please."}
TOOLS = {call.name for stage in SCRIPTS["dinner_moved"].stages for calls in stage.rounds for call in calls}
RESULTS = ["sender_id: 'ab1', make it 7 instead of 6", '{"event_id": "cd2", "location": "Trattoria Verde"}']


def chat(*, results: list[str]) -> list[dict[str, Any]]:
    """Return a conversation after the first answer of the model, with these results of its calls."""
    message = chat_answer(next_calls(from_chat({"messages": [NEWS]}), TOOLS), 1)["choices"][0]["message"]
    told = [
        {"role": "tool", "tool_call_id": call["id"], "content": text}
        for call, text in zip(message["tool_calls"], results, strict=False)
    ]
    return [NEWS, message, *told]


def test_the_next_calls_follow_from_the_conversation() -> None:
    first = chat(results=RESULTS)
    (said,) = next_calls(from_chat({"messages": first}), TOOLS)
    assert said.name == SAY
    message = chat_answer([said], 1)["choices"][0]["message"]
    proposed = [*first, message, {"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": "null"}]
    assert next_calls(from_chat({"messages": proposed}), TOOLS) == []
    (moved,) = next_calls(from_chat({"messages": [*proposed, YES]}), TOOLS)
    assert moved.arguments["event_id"] == "cd2"


def test_a_call_that_failed_is_made_again() -> None:
    failed = ["ToolFailure: Internal error - Retry again later", RESULTS[1]]
    (again,) = next_calls(from_chat({"messages": chat(results=failed)}), TOOLS)
    assert again.name == "Messages__read_conversation"


def test_both_apis_have_the_same_conversations() -> None:
    output = responses_answer(next_calls(from_responses({"input": "New message from Priya Shah"}), TOOLS), 1)["output"]
    made = [item for item in output if item["type"] == "function_call"]
    results = [
        {"type": "function_call_output", "call_id": item["call_id"], "output": text}
        for item, text in zip(made, RESULTS, strict=True)
    ]
    items = [NEWS, *output, *results]
    assert next_calls(from_responses({"input": items}), TOOLS) == next_calls(
        from_chat({"messages": chat(results=RESULTS)}), TOOLS
    )


@pytest.mark.parametrize(
    ("messages", "tools", "reason"),
    [
        (chat(results=RESULTS[:1]), TOOLS, "has no result"),
        (chat(results=["An error occurred.", RESULTS[1]]), TOOLS, "without '7 instead of 6'"),
        (chat(results=["", RESULTS[1]]), TOOLS, "is ''"),
        ([NEWS], TOOLS - {SAY}, f"the definitions of {SAY} are missing"),
        ([YES], TOOLS, "without 'New message from Priya Shah'"),
        ([NEWS, YES], TOOLS, "lacks the result of Messages__read_conversation"),
        ([*chat(results=RESULTS), chat(results=RESULTS)[2]], TOOLS, "no call has the id"),
    ],
)
def test_a_request_that_lacks_something_is_refused(
    messages: list[dict[str, Any]], tools: set[str], reason: str
) -> None:
    with pytest.raises(RefusedError, match=reason.replace("(", r"\(")):
        next_calls(from_chat({"messages": messages}), tools)


def test_a_refusal_is_an_error_in_the_format_of_the_provider() -> None:
    from openai import BadRequestError, OpenAI

    with ScriptedModel() as model, OpenAI(base_url=model.url, api_key="none") as client:
        with pytest.raises(BadRequestError, match="are missing"):
            client.chat.completions.create(model="any", messages=[{"role": "user", "content": json.dumps("Hello")}])
        assert len(model.refusals) == len(model.bodies) == 1
