"""The fingerprints of requests, which are hashed message by message, and the memory that makes the requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.agents.agent_log import (
    EnvironmentNotificationLog,
    ErrorLog,
    LLMOutputThoughtActionLog,
    ObservationLog,
    StepLog,
    SystemPromptLog,
    ToolCallLog,
)
from are.simulation.agents.default_agent.base_agent import BaseAgent
from are.simulation.agents.default_agent.tools.json_action_executor import JsonActionExecutor
from are.simulation.agents.llm.llm_engine import LLMEngine
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.agents.memory import Memory, Request
from pytest_pare.engines import requests
from pytest_pare.engines.cassette import Message, fingerprint
from pytest_pare.engines.drift import first_difference
from pytest_pare.engines.requests import Requests

if TYPE_CHECKING:
    from collections.abc import Sequence

CONTENT = st.text(max_size=3) | st.sampled_from(["\ud83d", "\ude00", '"', "é"]) | st.lists(st.integers(), max_size=2)
MESSAGES = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "user"]), "content": CONTENT}), max_size=6
)


def slow_difference(before: Sequence[Any], after: Sequence[Any]) -> int:
    shorter = min(len(before), len(after))
    return next((index for index in range(shorter) if before[index] != after[index]), shorter)


@given(st.lists(MESSAGES, max_size=6))
def test_a_request_has_the_fingerprint_and_the_new_messages_of_all_its_messages(asked: list[list[Any]]) -> None:
    made, last = Requests(), list[Message]()
    for messages in asked:
        request = list(map(Message.of, messages))
        made.add(messages)
        kept = slow_difference(last, request)
        assert made.fingerprint == fingerprint(request)
        assert made.new() == {"kept": kept, "request": [one._asdict() for one in request[kept:]]}
        last = request


@given(st.lists(st.integers(0, 2), max_size=5), st.lists(st.integers(0, 2), max_size=5))
def test_the_first_difference_of_two_sequences(one: list[int], other: list[int]) -> None:
    assert first_difference(one, other) == slow_difference(one, other)
    assert first_difference(tuple(one), other) == slow_difference(one, other)


def test_messages_that_are_changed_in_place_are_another_request() -> None:
    made = Requests()
    messages: list[dict[str, Any]] = [{"role": "user", "content": ["a"]}, {"role": "user", "content": "b"}]
    made.add(messages)
    before = made.fingerprint
    messages[0]["content"].append("c")
    made.add(messages)
    assert (made.kept, made.fingerprint) == (0, fingerprint(map(Message.of, messages)))
    assert made.fingerprint != before


def test_each_message_of_a_growing_conversation_is_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[Any] = []
    text_of = requests._text

    def noted(message: dict[str, Any]) -> str:
        hashed.append(message)
        return text_of(message)

    monkeypatch.setattr(requests, "_text", noted)
    memory, made = Memory(), Requests()
    for number in range(100):
        memory.add(ObservationLog(content=str(number), timestamp=0.0, agent_id="a"))
        made.add(memory.request("now"))
    # Each result, and the situation at the end of each request.
    assert len(hashed) == 200


def test_an_engine_gets_messages_of_its_own() -> None:
    request = Request([{"role": "user", "content": "a"}])
    request.copied()[0]["content"] = "b"
    assert [*request] == [{"role": "user", "content": "a"}]


LOGS = st.sampled_from(
    [
        lambda: SystemPromptLog(content="Be kind.", timestamp=0.0, agent_id="a"),
        lambda: StepLog(iteration=1, timestamp=0.0, agent_id="a"),
        lambda: EnvironmentNotificationLog(content="A mail.", timestamp=0.0, agent_id="a"),
        lambda: LLMOutputThoughtActionLog(content="Action: {}", timestamp=0.0, agent_id="a"),
        lambda: LLMOutputThoughtActionLog(content="", timestamp=0.0, agent_id="a"),
        lambda: ToolCallLog(tool_name="wait", tool_arguments={}, timestamp=0.0, agent_id="a"),
        lambda: ObservationLog(content="Done {i}. <|attachment:1|>", timestamp=0.0, agent_id="a"),
        lambda: ObservationLog(content="", timestamp=0.0, agent_id="a"),
        lambda: ErrorLog(error="E", exception="no", category="c", agent="a", timestamp=0.0, agent_id="a"),
    ]
)


@given(st.lists(LOGS, max_size=12))
def test_the_memory_makes_the_messages_that_are_makes_of_the_same_logs(made: list[Any]) -> None:
    class Silent(LLMEngine):
        def chat_completion(self, *_: Any, **__: Any) -> tuple[str, None]:
            return "", None

    agent, memory = BaseAgent(Silent("s"), action_executor=JsonActionExecutor(use_custom_logger=False)), Memory()
    agent.logs = [one() for one in made]
    for log in agent.logs:
        memory.add(log)
    assert memory.request("now")[:-1] == agent.build_history_from_logs(["tool_call", "rationale", "action"])
