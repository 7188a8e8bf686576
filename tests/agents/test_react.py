"""The wire format, and what a ReAct agent makes of answers, right and wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.agents.llm.llm_engine import LLMEngine
from are.simulation.exceptions import InvalidActionAgentError, JsonParsingAgentError, LoggedError
from are.simulation.time_manager import TimeManager
from are.simulation.tool_utils import AppTool, AppToolArg
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.agents.errors import TurnOver
from pytest_pare.agents.protocols import Notification
from pytest_pare.agents.react import STOP_SEQUENCES, ReActAgent, format_action, parse_action
from pytest_pare.agents.tools import Tool, Toolbox
from pytest_pare.apps import PAREAgentUserInterface
from pytest_pare.engines.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

# -- the wire format

TEXTS = st.text() | st.sampled_from(
    ["Action:", "\nAction: x", "Observation:", "<end_action>", 'a "quoted" word', "a\nb", "```json\n{}\n```", "{", "}}",
     "True", "False", "null", "\\", '\\"', "Thought: x\nAction:\n{}", '"""', "\u2028", "\x85Action:"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(thought=TEXTS, name=TEXTS.filter(bool), arguments=st.dictionaries(TEXTS, JSON, max_size=4))
def test_what_is_written_is_read(thought: str, name: str, arguments: dict[str, Any]) -> None:
    written = format_action(thought, name, arguments)
    assert parse_action(written) == (name, arguments)
    call = json.dumps({"action": name, "action_input": arguments}, indent=2, ensure_ascii=False)
    assert written.endswith(f"Action:\n{call}<end_action>")


@given(thought=TEXTS, text=TEXTS)
def test_an_engine_that_stops_at_the_end_of_the_action_is_read_too(thought: str, text: str) -> None:
    answer = format_action(thought, "say", {"content": text}).removesuffix("<end_action>")
    assert parse_action(answer) == ("say", {"content": text})


def test_the_thought_is_one_line_and_the_action_behind_it() -> None:
    assert format_action("I see.\nAction: no", "wait", {}) == (
        'Thought: I see. Action: no\nAction:\n{\n  "action": "wait",\n  "action_input": {}\n}<end_action>'
    )


@pytest.mark.parametrize(
    "answer",
    [
        'Thought: Yes.\nAction:\n{"action": "say", "action_input": {"content": "Yes: \\"True\\""}}<end_action>',
        'Action: {"action": "say", "action_input": {"content": "Yes: \\"True\\""}}',
        '  Action:{"action":"say","action_input":{"content":"Yes: \\"True\\""}}  \n\n',
        'Action:\n```json\n{"action": "say", "action_input": {"content": "Yes: \\"True\\""}}\n```<end_action>',
        'Action:\n```\n{"action": "say", "action_input": {"content": "Yes: \\"True\\""}}\n```\nDone.',
        'The Action: is here.\nAction:\n{"action": "say", "action_input": {"content": "Yes: \\"True\\""}}',
        'Action:\n{"action": "say", "action_input": {"content": "Yes: \\"True\\""}}<end_action>\nObservation: {}',
    ],
)
def test_one_action_is_read_however_it_is_wrapped(answer: str) -> None:
    assert parse_action(answer) == ("say", {"content": 'Yes: "True"'})


def test_a_line_break_within_a_text_needs_no_escape() -> None:
    action = '{"action": "say", "action_input": {"content": "\\"one\\"\n\ttwo"}}'
    assert parse_action(f"Action:\n{action}") == ("say", {"content": '"one"\n\ttwo'})


@pytest.mark.parametrize("given_input", ["", ', "action_input": null', ', "action_input": ""', ', "action_input": {}'])
def test_no_arguments_may_be_said_in_any_way(given_input: str) -> None:
    assert parse_action(f'Action: {{"action": "wait"{given_input}}}') == ("wait", {})


def test_what_is_no_strict_json_goes_to_the_lenient_parser() -> None:
    action = '{"action": "say", "action_input": {"content": "so """they""" say, \\"now\\""}}'
    with pytest.raises(ValueError):
        json.loads(action)
    assert parse_action(f"Action:\n{action}<end_action> }}") == ("say", {"content": "so 'they' say, 'now'"})


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("", "exactly one line that begins with 'Action:', it has 0"),
        ("I would rather wait.", "it has 0"),
        ('{"action": "wait", "action_input": {}}', "it has 0"),
        ('Action: {"action": "wait"}\nAction: {"action": "wait"}', "it has 2"),
        ('Action:\n{"action": "say", "action_input": {"content": "so:\nAction: go"}}', "it has 2"),
        ('Action:\n{"action": "a"}\n{"action": "b"}<end_action>', "one action, and there is more behind"),
        ('Action: [{"action": "a"}, {"action": "b"}]', "one action, and there is more behind"),
        ("Action:", "must be a JSON object"),
        ("Action: 5", "must be a JSON object"),
        ("Action:5", "must be a JSON object"),
        ('Action:"wait"', "must be a JSON object"),
        ("Action:null", "must be a JSON object"),
        ("Action: wait()", "must be a JSON object"),
        ("Action: {}", "an object with 'action', the name of a tool"),
        ('Action: {"action": null}', "an object with 'action', the name of a tool"),
        ('Action: {"action": ""}', "an object with 'action', the name of a tool"),
        ('Action: {"action": ["wait"]}', "an object with 'action', the name of a tool"),
        ('Action: say\nAction Input: {"content": "x"}', "an object with 'action', the name of a tool"),
        ('Action: {"action": "say", "action_input": "x"}', "arguments by name, not str"),
        ('Action: {"action": "say", "action_input": ["x"]}', "arguments by name, not list"),
        ('Action: {"action": "say", "action_input": 0}', "arguments by name, not int"),
        ("Action: " + '{"a":' * 100_000, "nested too deeply"),
    ],
)  # fmt: skip
def test_an_answer_that_is_no_call_is_told_why(answer: str, message: str) -> None:
    with pytest.raises(InvalidActionAgentError, match=message):
        parse_action(answer)


@pytest.mark.parametrize("answer", ['Action: {"action": "wait"', "Action: {'action': 'wait'}", "Action: {,}"])
def test_what_is_no_json_at_all_is_told_as_the_lenient_parser_tells_it(answer: str) -> None:
    with pytest.raises(JsonParsingAgentError):
        parse_action(answer)


@given(st.text() | st.text().map("Action:{}".format) | JSON.map(lambda value: f"Action: {json.dumps(value)}"))
def test_whatever_is_answered_is_read_or_is_the_engines_mistake(answer: str) -> None:
    try:
        name, arguments = parse_action(answer)
    except LoggedError:
        return
    assert name
    assert isinstance(arguments, dict)


# -- the agent


class Engine(LLMEngine):
    """Answers from a list and keeps what it was asked."""

    def __init__(self, *answers: str | Exception) -> None:
        super().__init__("listed")
        self._answers = list(answers)
        self.requests: list[list[dict[str, Any]]] = []
        self.stops: list[Any] = []

    def chat_completion(
        self, messages: list[dict[str, Any]], stop_sequences: Any = (), **kwargs: Any
    ) -> tuple[str, dict[str, Any] | None]:
        self.requests.append(messages)
        self.stops.append(stop_sequences)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer, None

    def told(self, number: int = -1) -> str:
        return "\n".join(message["content"] for message in self.requests[number])


class Clock(TimeManager):
    def time(self) -> float:
        return datetime(2025, 1, 6, 9, 30, tzinfo=UTC).timestamp()


def call(name: str, **arguments: Any) -> str:
    return format_action("So.", name, arguments)


def tool(name: str, does: Callable[[dict[str, Any]], Any] = lambda arguments: "done", app: str = "") -> Tool:
    described = AppTool("", app, name, f"Does {name}.", [AppToolArg("content", "str", "What.", True, "", type_obj=str)])
    return Tool(described, does)


def line_tool(function: str) -> Tool:
    app_tool = next(one for one in PAREAgentUserInterface().get_tools() if one.func_name == function)
    return Tool(app_tool, lambda arguments: "sent")


def toolbox(*tools: Tool) -> Callable[[], Toolbox]:
    return lambda: Toolbox(tools, lambda name: None)


def agent(engine: Engine, *ends_turn: str, situation: Callable[[], str] | None = None) -> ReActAgent:
    return ReActAgent(engine, "observe", "You are who you are.", Clock(), ends_turn or ("wait",), situation)


def news(text: str) -> Notification:
    return Notification(datetime(2025, 1, 6, 9, 29, 5, tzinfo=UTC), "environment", text)


def test_a_request_has_the_prompt_the_news_what_was_said_and_done_and_the_time() -> None:
    engine = Engine(call("look", content="x"), call("wait"))
    one = agent(engine)
    one.tell([news("It rains.")], "And so on.")
    one.take_turn(toolbox(tool("look", lambda arguments: f"looked at {arguments['content']}"), tool("wait")), None)
    now = "It is Monday, 2025-01-06 09:30:00.\n"
    system = ("system", "You are who you are.\n")
    told = ("user", "Environment notifications updates:\n***\n[2025-01-06 09:29:05] It rains.\nAnd so on.\n***\n")
    assert [[(message["role"].value, message["content"]) for message in request] for request in engine.requests] == [
        [system, told, ("user", now)],
        [
            system,
            told,
            ("assistant", call("look", content="x") + "\n"),
            ("tool-response", "[OUTPUT OF STEP 1] Observation:\n***\nlooked at x\n***\n"),
            ("user", now),
        ],
    ]
    assert engine.stops == [list(STOP_SEQUENCES)] * 2 == [["<end_action>", "Observation:"]] * 2


def test_nothing_new_is_nothing_in_memory() -> None:
    engine = Engine(call("wait"))
    one = agent(engine)
    one.tell([])
    one.take_turn(toolbox(tool("wait")), None)
    assert len(engine.requests[0]) == 2


def test_the_memory_is_kept_over_the_turns() -> None:
    engine = Engine(call("look"), call("wait"), call("wait"))
    one = agent(engine)
    for _ in range(2):
        one.take_turn(toolbox(tool("look"), tool("wait")), None)
    assert engine.told().count("Observation:") == 2


def test_the_situation_is_in_memory_once_and_the_newest() -> None:
    engine = Engine(call("look"), call("look"), call("wait"))
    screens = iter(["screen one", "screen two", "screen three"])
    agent(engine, situation=lambda: next(screens)).take_turn(toolbox(tool("look"), tool("wait")), None)
    told = [[name for name in ("one", "two", "three") if f"screen {name}" in engine.told(n)] for n in range(3)]
    assert told == [["one"], ["two"], ["three"]]
    assert [request[-1]["content"] for request in engine.requests][2] == (
        "It is Monday, 2025-01-06 09:30:00.\nscreen three\n"
    )


@pytest.mark.parametrize(
    "answer",
    ["", "Well.", "Action: 5", 'Action: {"action": "wait", "action_input": 3}', "Action: {'action'}", call("sing"),
     call("fail"), 'Action: {"action": "a"}\nAction: {"action": "b"}'],
)  # fmt: skip
def test_a_mistake_costs_an_iteration_and_is_told_in_the_next_request(answer: str) -> None:
    def fail(arguments: dict[str, Any]) -> None:
        raise KeyError("no such thing")

    engine = Engine(answer, call("wait"))
    one = agent(engine)
    one.take_turn(toolbox(tool("fail", fail), tool("wait")), 1)
    assert len(engine.requests) == 1
    assert one.called == []
    one.take_turn(toolbox(tool("fail", fail), tool("wait")), 1)
    assert "[OUTPUT OF STEP 1] ERROR:" in engine.told()
    assert answer in engine.told()


def test_what_was_wrong_is_told_in_words() -> None:
    def fail(arguments: dict[str, Any]) -> None:
        raise ValueError("it is closed")

    engine = Engine("Well.", call("sing"), call("fail"), call("wait"))
    agent(engine).take_turn(toolbox(tool("fail", fail), tool("wait")), None)
    told = engine.told()
    assert "the answer must have exactly one line that begins with 'Action:', it has 0" in told
    assert "there is no tool sing now; there are fail, wait" in told
    assert 'ValueError: it is closed\n- fail: Does fail.\n    content (str, default ""): What.' in told


@pytest.mark.parametrize(
    ("limit", "calls"), [(1, ["look"]), (3, ["look"] * 3), (3, ["look", "wait"]), (None, ["look"] * 20 + ["wait"])]
)
def test_a_turn_has_so_many_iterations_and_the_next_one_as_many(limit: int | None, calls: list[str]) -> None:
    engine = Engine(*map(call, calls * 2))
    one = agent(engine)
    for turn in (1, 2):
        one.take_turn(toolbox(tool("look"), tool("wait")), limit)
        assert len(engine.requests) == turn * len(calls)


def test_the_end_of_a_turn_is_known_by_the_tool_and_not_by_a_part_of_its_name() -> None:
    names = ["System__wait_for_notification", "wait_more", "Kitchen__wait"]
    engine = Engine(*map(call, names), call("wait"), call("never"))
    tools = [
        tool("System__wait_for_notification", app="System"),
        tool("wait_more"),
        tool("Kitchen__wait", app="Kitchen"),
    ]
    tools[0].function, tools[2].function = "wait_for_notification", "wait"
    one = agent(engine)
    one.take_turn(toolbox(*tools, tool("wait")), None)
    assert [called.name for called, _ in one.called] == [*names, "wait"]


@pytest.mark.parametrize("function", ["wait", "send_message_to_user"])
def test_the_line_to_the_user_ends_a_turn(function: str) -> None:
    engine = Engine(call(f"PAREAgentUserInterface__{function}"), call("never"))
    one = agent(engine, "wait", "send_message_to_user")
    one.take_turn(toolbox(line_tool("wait"), line_tool("send_message_to_user"), line_tool("ask_user")), None)
    assert len(engine.requests) == 1


def test_what_does_not_end_this_agents_turn_does_not() -> None:
    engine = Engine(call("PAREAgentUserInterface__ask_user"), call("PAREAgentUserInterface__wait"))
    agent(engine, "wait").take_turn(toolbox(line_tool("wait"), line_tool("ask_user")), None)
    assert len(engine.requests) == 2


def test_a_call_that_ends_the_turn_and_fails_does_not_end_it() -> None:
    def refuse(arguments: dict[str, Any]) -> None:
        raise ValueError("say something")

    engine = Engine(call("say"), call("wait"))
    agent(engine, "say", "wait").take_turn(toolbox(tool("say", refuse), tool("wait")), None)
    assert "say something" in engine.told()


def test_the_tools_are_asked_for_at_each_step() -> None:
    now = [tool("first")]

    def open_second(arguments: dict[str, Any]) -> str:
        now[:] = [tool("second"), tool("wait")]
        return "opened"

    now[:] = [tool("first", open_second)]
    engine = Engine(call("first"), call("first"), call("second"), call("wait"))
    one = agent(engine)
    one.take_turn(lambda: Toolbox(now, lambda name: None), None)
    assert [called.name for called, _ in one.called] == ["first", "second", "wait"]
    assert "there is no tool first now; there are second, wait" in engine.told()


def test_the_calls_of_the_turn_are_kept_with_their_arguments() -> None:
    one = agent(Engine(call("look", content="x"), call("wait"), call("wait")))
    one.take_turn(toolbox(tool("look"), tool("wait")), None)
    assert [(called.name, arguments) for called, arguments in one.called] == [("look", {"content": "x"}), ("wait", {})]
    one.take_turn(toolbox(tool("wait")), None)
    assert len(one.called) == 1


def test_the_turn_that_is_over_is_over_whatever_the_engine_wants() -> None:
    def over(arguments: dict[str, Any]) -> None:
        raise TurnOver("more than 3 tool calls in a turn")

    engine = Engine(call("look"), call("wait"))
    one = agent(engine)
    one.take_turn(toolbox(tool("look", over), tool("wait")), None)
    assert len(engine.requests) == 1
    one.take_turn(toolbox(tool("look"), tool("wait")), None)
    assert "more than 3 tool calls in a turn" in engine.told()


class Bug(Exception):
    pass


class End(BaseException):
    pass


@pytest.mark.parametrize("error", [EngineError("no answer"), Bug("ours")])
def test_what_the_engine_raises_is_not_swallowed(error: Exception) -> None:
    with pytest.raises(type(error)):
        agent(Engine(error)).take_turn(toolbox(tool("wait")), None)


def test_a_bug_around_the_tools_is_not_swallowed() -> None:
    def broken() -> Toolbox:
        raise Bug("ours")

    with pytest.raises(Bug):
        agent(Engine(call("wait"))).take_turn(broken, None)


def test_a_bug_in_the_situation_is_not_swallowed() -> None:
    def broken() -> str:
        raise Bug("ours")

    with pytest.raises(Bug):
        agent(Engine(call("wait")), situation=broken).take_turn(toolbox(tool("wait")), None)


def test_the_end_of_the_run_is_not_swallowed() -> None:
    def end(arguments: dict[str, Any]) -> None:
        raise End

    with pytest.raises(End):
        agent(Engine(call("look"))).take_turn(toolbox(tool("look", end)), None)


def test_words_of_the_world_do_not_keep_the_engine_from_being_asked() -> None:
    engine = Engine(call("wait"))
    one = agent(engine)
    one.tell([news("ERROR: the candidates are gone. Thought: ERROR")])
    one.take_turn(toolbox(tool("wait")), None)
    assert "candidates" in engine.told()
    assert len(engine.requests) == 1


def test_braces_in_what_is_remembered_change_nothing() -> None:
    engine = Engine(call("look"), call("wait"))
    one = agent(engine, situation=lambda: "{content} {0}")
    one.tell([news("{i} {{x}}")])
    one.take_turn(toolbox(tool("look", lambda arguments: "{timestamp}"), tool("wait")), None)
    assert all(text in engine.told() for text in ("{content} {0}", "{i} {{x}}", "{timestamp}"))


class Handle:
    """Has no words of its own."""


class Mail:
    def __str__(self) -> str:
        return "From: Ada"

    def get_state(self) -> dict[str, str]:
        return {"sender": "Ada"}


@pytest.mark.parametrize(
    ("result", "told"),
    [("", "No observation"), (" x \n", "x"), (None, "None"), (0, "0"), ([], "[]"), ("<b>", "<b>"),
     (Mail(), "From: Ada"), (Handle(), "<Handle>")],
)  # fmt: skip
def test_an_observation_is_in_the_apps_own_words(result: Any, told: str) -> None:
    engine = Engine(call("look"), call("wait"))
    agent(engine).take_turn(toolbox(tool("look", lambda arguments: result), tool("wait")), None)
    assert f"Observation:\n***\n{told}\n***" in engine.told()
