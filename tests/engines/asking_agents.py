"""Agents of a user's own that ask their model by OpenAI's SDK, and what a model answers them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from openai import OpenAI

from tests.engines.model_server import Reply, completion, sends

if TYPE_CHECKING:
    from pytest_pare.agents.protocols import Turn


def client(turn: Turn, **options: Any) -> OpenAI:
    """Return a client of the run's endpoint; to be used in a `with` block."""
    return OpenAI(base_url=turn.models.url, api_key=turn.models.token, **options)


def chat(turn: Turn) -> None:
    """Ask what to do in this turn, and do it, until the model calls no tool any more."""
    news = "\n".join(one.text for one in turn.notifications)
    messages: list[Any] = [{"role": "user", "content": f"Turn {turn.number}. {news}"}]
    with client(turn) as model:
        while True:
            tools: Any = turn.definitions
            told: Any = model.chat.completions.create(model="gpt-any", messages=messages, tools=tools, temperature=0.5)
            message = told.choices[0].message
            messages.append(message)
            for call in message.tool_calls or ():
                result = turn.call(call.function.name, json.loads(call.function.arguments))
                messages.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps(result, default=str)})
            if not message.tool_calls:
                return


def called(*calls: tuple[str, dict[str, Any]], usage: tuple[int, int] = (20, 5), number: int = 1) -> dict[str, Any]:
    """Return the body of an answer that calls tools, with ids of the provider's own."""
    made = [
        {
            "id": f"call_of_provider_{number}_{index}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(arguments)},
        }
        for index, (name, arguments) in enumerate(calls)
    ]
    told = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
    return completion(None, finish="tool_calls", usage=told, tool_calls=made)


def said(text: str, usage: tuple[int, int] = (10, 3)) -> dict[str, Any]:
    """Return the body of an answer that is a text."""
    told = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
    return completion(text, usage=told)


def replies(*bodies: dict[str, Any]) -> list[Reply]:
    """Return bodies as replies of a server."""
    return [sends(body) for body in bodies]
