"""The client for agents in programs of their own, against a host that the test plays."""

from __future__ import annotations

import inspect
import json
import signal
import sys
import textwrap
from typing import TYPE_CHECKING, Any, Literal, Optional, get_type_hints

import pytest

from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig
from pytest_pare.simulation.runner import run_scenario
from tests.clients.fake_host import NOTHING, Failed, FakeHost, Refused, client, tool
from tests.clients.pythons import oldest
from tests.stage import Stage

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_pare.agents.protocols import Turn

# What a program says here is read in the test.
SAY = "from pytest_pare_agent import *\nimport asyncio, json, os, subprocess, sys, threading, time\n"


@pytest.fixture
def host(tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    """Return a function that starts a program, given as its code behind the imports."""

    def start(code: str, command: tuple[str, ...] = (sys.executable,)) -> FakeHost:
        program = tmp_path / "agent.py"
        program.write_text(SAY + textwrap.dedent(code), encoding="utf-8")
        made = FakeHost(program, command)
        request.addfinalizer(made.__exit__)
        return made

    return start


def answer(method: str, params: dict[str, Any]) -> Any:
    """Answer with what was asked."""
    if method == "tools/call":
        return {"result": params["arguments"]}
    return {"notifications": []} if method == "news" else {}


@pytest.mark.parametrize("is_oldest", [True, False], ids=["oldest python", "this python"])
def test_a_turn_has_what_it_has_in_process(host: Any, is_oldest: bool) -> None:
    program = host(
        """
        def agent(turn):
            search, = turn.functions
            turn.propose(json.dumps({
                "time": str(turn.time), "mode": [str(turn.mode), turn.mode.value], "news": turn.notifications[0].text,
                "proposal": [turn.proposal.text, turn.proposal.status, turn.proposal.reply],
                "seed": turn.scenario_seed, "mcp": turn.mcp, "models": turn.models, "dict": turn.to_dict(),
                "names": list(turn.tools), "found": [search("Elena"), turn.tools["Search-it"](query="x", limit=1)],
                "function": [search.__name__, search.__doc__, str(search.__signature__)],
            }))
            assert turn.definitions == [turn.tools["Search-it"].definition] == turn.to_dict()["tools"]
            assert turn.news() == () and turn.wait() is None
            turn.report("done")
            turn.ask("why?")
            turn.give_up("so")
            turn.log("odd", "warning")

        serve(agent, name="mine", version="3")
        """,
        (oldest() if is_oldest else sys.executable,),
    )
    about = program.request("initialize", {"protocol_version": 1, "host": {"name": "test", "version": "0"}})
    assert about == {"protocol_version": 1, "agent": {"name": "mine", "version": "3"}}
    program.start(models={"url": "http://m", "token": "k"})
    schema = {"query": {"type": "string", "description": "Words."}, "limit": {"type": "integer", "default": 5}}
    notification = {"time": "2025-01-08T08:59:00+00:00", "kind": "user_message", "text": "Grüße \ud83d"}
    shown = {
        "proposal": {"text": "Eat?", "turn": 3, "status": "rejected", "reply": "no"},
        "notifications": [notification],
        "mode": "execute",
    }
    definition = tool("Search-it", schema, ("query",))
    assert program.turn(answer, tools=[definition], **shown) == {}
    del definition["annotations"]

    (_, first), (_, second), (_, proposed), *rest = program.seen
    assert [first["arguments"], second["arguments"]] == [{"query": "Elena"}, {"query": "x", "limit": 1}]
    said = json.loads(proposed["text"])
    assert said.pop("dict") == {"number": 0, "time": "2025-01-08T09:00:00+00:00", "tools": [definition], **shown}
    assert said == {
        "time": "2025-01-08 09:00:00+00:00",
        "mode": ["ProactiveAgentMode.EXECUTE", "execute"],
        "news": "Grüße \ud83d",
        "proposal": ["Eat?", "rejected", "no"],
        "seed": "s/0/1",
        "mcp": ["http://127.0.0.1:1/mcp/", "t"],
        "models": ["http://m", "k"],
        "names": ["Search-it"],
        "found": [{"query": "Elena"}, {"query": "x", "limit": 1}],
        "function": [
            "Search_it",
            "Does Search-it.\n\nArgs:\n    query: Words.\n    limit:",
            "(query: str, limit: int = 5) -> Any",
        ],
    }
    assert rest == [
        ("news", {}),
        ("report", {"text": "done"}),
        ("ask", {"text": "why?"}),
        ("give_up", {"reason": "so"}),
        ("log", {"level": "warning", "text": "odd"}),
    ]
    assert program.close() == 0
    assert program.stderr == ""


def test_a_later_turn_keeps_the_tools_until_others_come(host: Any) -> None:
    program = host("serve(lambda turn: turn.propose(' '.join(turn.tools)))")
    program.start()
    program.turn(answer, tools=[tool("a"), tool("b")])
    program.turn(answer, number=1)
    program.turn(answer, number=2, tools=[tool("c")])
    assert [params["text"] for _, params in program.seen] == ["a b", "a b", "c"]


def test_nothing_that_the_agent_prints_gets_into_the_protocol(host: Any) -> None:
    program = host(
        """
        def agent(turn):
            print("printed")
            os.write(1, b"written\\n")
            subprocess.run([sys.executable, "-c", "print('child', input('?'))"], stderr=subprocess.DEVNULL)
            try:
                input()
            except EOFError:
                print("no input")

        print("before")
        serve(agent)
        """
    )
    program.start()
    program.turn()
    assert program.close() == 0
    assert program.stderr.splitlines() == ["before", "printed", "written", "?no input"]


def test_errors_arrive_as_the_exceptions_that_they_are_in_process(host: Any) -> None:
    errors = [
        Refused(-32001, "no card 7", "ValueError"),
        Refused(-32001, "'id'", "KeyError"),
        Refused(-32001, "bad byte", "UnicodeDecodeError"),
        Refused(-32001, "it broke", "ContactError"),
        Refused(-32001, "no more", "StopIteration"),
        Refused(-32002, "there is no tool x now"),
        Refused(-32003, "propose it first"),
        Refused(-32004, "try again"),
        Refused(-32005, "no answer"),
        Refused(-32006, "too many calls"),
        Refused(-32602, "arguments must be an object"),
    ]
    program = host(
        """
        def agent(turn):
            for _ in range(11):
                try:
                    turn.call("x", {})
                except Exception as error:
                    bases = [base.__name__ for base in type(error).__mro__]
                    turn.log(json.dumps([str(error), *bases[:bases.index("Exception")]]))
            try:
                turn.tools["y"]
            except UnknownToolError as error:
                turn.log(json.dumps([str(error)]))

        serve(agent)
        """
    )
    waiting = iter([*errors, Refused(-32002, "there is no tool y now")])

    def refuse(_method: str, _params: dict[str, Any]) -> None:
        raise next(waiting)

    program.start()
    program.turn(refuse, tools=[])
    assert [json.loads(params["text"]) for method, params in program.seen if method == "log"] == [
        ["no card 7", "ValueError", "ToolError", "ValueError"],
        ["'id'", "KeyError", "ToolError", "KeyError", "LookupError"],
        ["bad byte", "UnicodeDecodeError", "ToolError", "UnicodeDecodeError", "UnicodeError", "ValueError"],
        ["it broke", "ContactError", "ToolError"],
        ["no more", "StopIteration", "ToolError"],
        ["there is no tool x now", "UnknownToolError", "KeyError", "LookupError"],
        ["propose it first", "ConsentRequired"],
        ["try again", "ToolFailure"],
        ["no answer", "ToolTimeout", "TimeoutError", "OSError"],
        ["too many calls", "TurnOver"],
        ["arguments must be an object", "ProtocolError"],
        ["there is no tool y now"],
    ]


FAILURES = {
    "raise KeyError('id')": "KeyError: 'id'",
    "raise ValueError": "ValueError",
    "sys.exit('bye')": "SystemExit: bye",
    "return 5": "TypeError: the agent returned int; it must return None, and act through the turn it is given",
    "turn.call('x', {'at': object()})": "TypeError: an argument must be a JSON value; got object",
    "turn.call('x', {'at': float('nan')})": "ValueError: Out of range float values are not JSON compliant",
    "old[0].propose('hi')": "StaleTurn: this turn has ended",
    "turn.call('broken')": "ContactError: it broke",
    "turn.models": "RuntimeError: the run has no model endpoint; set runner.agent_engine_config in the suite file",
}


def test_what_leaves_the_agent_is_the_failure_of_its_turn(host: Any) -> None:
    code = "old = []\n\ndef agent(turn):\n    old.append(turn)\n"
    for number, statement in enumerate(FAILURES, 1):
        code += f"    if turn.number == {number}:\n        {statement}\n"
    program = host(code + "serve(agent)")

    def refuse(_method: str, _params: dict[str, Any]) -> None:
        raise Refused(-32001, "it broke", "ContactError")

    program.start()
    program.turn(tools=[])
    for number, message in enumerate(FAILURES.values(), 1):
        with pytest.raises(Failed) as caught:
            program.turn(refuse, number=number)
        assert str(caught.value).startswith(message)
    assert [method for method, _ in program.seen] == ["tools/call"]
    assert program.close() == 0
    assert program.stderr.count("Traceback") == len(FAILURES)


def test_the_end_of_a_turn_may_leave_the_agent_and_the_end_of_the_run_leaves_it(host: Any) -> None:
    program = host(
        """
        def agent(turn):
            try:
                turn.call("x")
            except Exception as error:
                turn.log(type(error).__name__)
                raise
            finally:
                turn.log("left")

        serve(agent)
        """
    )
    codes = iter([-32006, -32007])

    def refuse(_method: str, _params: dict[str, Any]) -> None:
        raise Refused(next(codes), "it is over")

    program.start()
    assert program.turn(refuse, tools=[]) == {}
    assert program.turn(refuse, number=1) == {}
    assert [params["text"] for method, params in program.seen if method == "log"] == ["TurnOver", "left", "left"]
    assert program.close() == 0
    assert program.stderr == ""


def test_tools_are_called_from_threads_and_from_an_event_loop(host: Any) -> None:
    program = host(
        """
        async def agent(turn):
            x, = turn.async_functions
            (sync,) = turn.functions
            assert asyncio.iscoroutinefunction(x) and not asyncio.iscoroutinefunction(sync)
            turn.log(json.dumps([
                await asyncio.gather(*[x(number) for number in range(9)]),
                await asyncio.get_running_loop().run_in_executor(None, sync, 9),
                sync(number=10),
                await turn.acall("x", {"number": 11}),
            ]))
            try:
                await x(error=True)
            except ValueError as error:
                turn.log(str(error))

        serve(agent)
        """
    )

    def answer_last_first(method: str, params: dict[str, Any]) -> Any:
        if "error" in params["arguments"]:
            raise Refused(-32001, "no", "ValueError")
        return {"result": params["arguments"]["number"]}

    program.start()
    assert program.turn(answer_last_first, tools=[tool("x", {"number": {"type": "integer"}})]) == {}
    numbers = [params["arguments"].get("number") for method, params in program.seen if method == "tools/call"]
    assert numbers == [*range(12), None]
    logged = [params["text"] for method, params in program.seen if method == "log"]
    assert logged == [json.dumps([[*range(9)], 9, 10, 11]), "no"]


def test_answers_are_found_by_their_ids(host: Any) -> None:
    program = host(
        """
        async def agent(turn):
            turn.log(json.dumps(await asyncio.gather(turn.acall("a"), turn.acall("b"))))

        serve(agent)
        """
    )
    program.start()
    program.send({"id": 99, "method": "turn", "params": {**NOTHING, "tools": []}})
    calls = [program.read(), program.read()]
    for call in reversed(calls):
        program.send({"id": call["id"], "result": {"result": call["params"]["name"]}})
    assert program.read()["params"]["text"] == '["a", "b"]'
    assert program.read() == {"jsonrpc": "2.0", "id": 99, "result": {}}


def test_a_run_has_an_agent_and_tasks_of_its_own(host: Any) -> None:
    program = host(
        """
        class Agent:
            def __init__(self):
                self.lock = asyncio.Lock()
                self.left = None

            async def __call__(self, turn):
                async with self.lock:
                    turn.log(f"turn {turn.number}, {self.left and len(asyncio.all_tasks())} tasks")
                self.left = self.left or asyncio.ensure_future(self.wait(turn))
                await asyncio.sleep(0)

            async def wait(self, turn):
                try:
                    await asyncio.sleep(100)
                finally:
                    turn.log("cancelled")

        serve(Agent)
        """,
        (oldest(),),
    )
    for _ in range(2):
        program.start()
        program.turn(tools=[])
        program.turn(number=1)
        program.request("run/end", {"reason": "done"})
    logged = [params["text"] for _, params in program.seen]
    assert logged == ["turn 0, None tasks", "turn 1, 2 tasks", "cancelled"] * 2
    assert program.close() == 0
    assert program.stderr == ""


@pytest.mark.parametrize(
    ("served", "name"),
    [
        ("Counter", "Counter"),
        ("Counter()", "Counter"),
        ("make", "make"),
        ("factory=Counter", "Counter"),
        ("factory=lambda: Counter().__call__", "<lambda>"),
        ("Named()", "keeper-small"),
    ],
)
def test_what_can_be_served(host: Any, served: str, name: str) -> None:
    program = host(
        f"""
        class Counter:
            turns = 0

            def __call__(self, turn):
                self.turns += 1
                turn.log(str(self.turns))

        class Named(Counter):
            name = "keeper-small"

        def make():
            return Counter()

        serve({served})
        """
    )
    assert program.request("initialize", {})["agent"] == {"name": name, "version": None}
    for _ in range(2):
        program.start()
        program.turn(tools=[])
        program.turn(number=1)
    assert [params["text"] for _, params in program.seen] == ["1", "2"] * 2


NO_AGENTS = {
    "serve()": "serve() takes an agent or a factory: serve(agent), or serve(factory=make_agent)",
    "serve(len, factory=len)": "serve() takes an agent or a factory: serve(agent), or serve(factory=make_agent)",
    "serve(5)": "serve() takes an agent, a function that needs a turn, or what makes one; got 5",
    "serve(Needs)": "serve() takes an agent, a function that needs a turn, or what makes one; got <class",
}


@pytest.mark.parametrize("served", NO_AGENTS)
def test_what_cannot_be_served_ends_the_program(host: Any, served: str) -> None:
    program = host(f"class Needs:\n    def __init__(self, model): ...\n\n{served}")
    assert program.close() == 1
    assert f"\nTypeError: {NO_AGENTS[served]}" in program.stderr


@pytest.mark.parametrize(
    ("served", "message"),
    [
        ("lambda: 5", "TypeError: an agent takes a turn; int does not"),
        ("lambda: [][1]", "IndexError: list index out of range"),
        ("Locked()", "TypeError: the agent cannot be copied, and runs must not share it (TypeError: "),
    ],
)
def test_an_agent_that_cannot_be_made_fails_the_start_of_the_run(host: Any, served: str, message: str) -> None:
    program = host(
        f"""
        class Locked:
            def __init__(self):
                self.lock = threading.Lock()

            def __call__(self, turn):
                pass

        serve({served})
        """
    )
    with pytest.raises(Failed) as caught:
        program.start()
    assert str(caught.value).startswith(message)
    with pytest.raises(Failed, match="ProtocolError: there is no run; run/start comes before turn"):
        program.turn(tools=[])


WAITS = {
    "idle": "serve(lambda turn: None)",
    "in a call": "serve(lambda turn: turn.call('x'))",
    "in code": "serve(lambda turn: (turn.log(''), time.sleep(100)))",
    "async": """
        async def agent(turn):
            asyncio.ensure_future(asyncio.sleep(100))
            turn.log("")
            await asyncio.sleep(100)

        serve(agent)
    """,
}


@pytest.mark.parametrize("where", WAITS)
def test_ctrl_c_ends_the_program_silently(host: Any, where: str) -> None:
    program = host(WAITS[where])
    program.start()
    if where != "idle":
        program.send({"id": 99, "method": "turn", "params": {**NOTHING, "tools": []}})
        program.read()
    program.process.send_signal(signal.SIGINT)
    program.process.wait(10)
    assert program.close() == 0
    assert program.stderr == ""


def test_the_end_of_the_input_ends_a_call(host: Any) -> None:
    program = host(WAITS["in a call"])
    program.start()
    program.send({"id": 99, "method": "turn", "params": {**NOTHING, "tools": []}})
    program.read()
    assert program.close() == 0
    assert program.stderr == ""


def test_the_end_of_the_input_ends_what_does_not_end(host: Any) -> None:
    program = host("import pytest_pare_agent\npytest_pare_agent._GRACE_SECONDS = 0.1\n" + WAITS["in code"])
    program.start()
    program.send({"id": 99, "method": "turn", "params": {**NOTHING, "tools": []}})
    program.read()
    assert program.close() == 0


def test_shutdown_lets_the_program_go_on_to_its_own_end(host: Any) -> None:
    program = host("serve(lambda turn: None)\nprint('own end')")
    program.start()
    assert program.request("shutdown", {}) == {}
    assert program.process.wait(10) == 0
    program.close()
    assert program.stderr == "own end\n"


def test_what_is_no_message_is_named_and_passed_over(host: Any) -> None:
    program = host("serve(lambda turn: None)")
    program.start()
    assert program.process.stdin
    program.process.stdin.write(b'{"id": 1\n[]\n5\n{"jsonrpc": "2.0", "id": 77, "result": {}}\n')
    program.send({"method": "a/notification"})
    with pytest.raises(Failed, match="there is no method a/request"):
        program.request("a/request", {})
    assert program.close() == 0
    assert program.stderr.count("the host sent an unknown message") == 4


def test_a_message_of_many_megabytes_goes_both_ways(host: Any) -> None:
    program = host("serve(lambda turn: turn.log(turn.call('x', {'text': 'ä' * (1 << 20)})['text'][-3:]))")
    program.start()
    assert program.turn(answer, tools=[]) == {}
    assert program.seen[-1] == ("log", {"level": "info", "text": "äää"})


def test_functions_have_the_signatures_that_they_have_in_process() -> None:
    module = client()
    compared = []

    def agent(turn: Turn) -> None:
        for offered in turn.tools.values():
            for is_async in (False, True):
                ours = module.Tool(None, offered.annotated).as_function(is_async=is_async)
                theirs = offered.as_function(is_async=is_async)
                assert inspect.iscoroutinefunction(ours) == inspect.iscoroutinefunction(theirs) == is_async
                assert inspect.signature(ours) == inspect.signature(theirs)
                assert get_type_hints(ours) == get_type_hints(theirs)
                assert ours.__name__ == theirs.__name__
                # The definition has no description of what is returned.
                assert ours.__doc__ == str(theirs.__doc__).partition("\n\nReturns:")[0]
                compared.append(offered.name)

    oracle = LLMEngineConfig(model_name="oracle", provider="oracle")
    run = run_scenario(Stage(), MultiScenarioRunnerConfig(user_engine_config=oracle, max_turns=1), agent=agent)
    assert run.success, run.result
    assert len(compared) > 60


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, Any),
        ({"enum": ["a", "b"]}, Literal["a", "b"]),
        ({"const": 1}, Literal[1]),
        ({"$ref": "#/$defs/Kind"}, Literal["x"]),
        ({"type": ["string", "null"]}, Optional[str]),  # noqa: UP045 - as the client makes it
        ({"anyOf": [{"type": "array", "items": {"type": "number"}}, {"type": "null"}]}, Optional[list[float]]),  # noqa: UP045
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, dict[str, bool]),
        ({"type": "object"}, dict[str, Any]),
        ({"type": "array"}, list[Any]),
        ({"$ref": "#/$defs/Tree"}, list[Any]),
    ],
)
def test_a_schema_becomes_a_type(schema: dict[str, Any], expected: Any) -> None:
    definitions = {"Kind": {"enum": ["x"]}, "Tree": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}}
    definition = tool("x", {"first": schema, "second": schema}, ("second",))
    definition["function"]["parameters"]["$defs"] = definitions
    first, second = client().Tool(None, definition).signature.parameters.values()
    assert (first.annotation, first.default, second.annotation) == (expected, None, expected)
    assert second.kind is inspect.Parameter.KEYWORD_ONLY


def test_all_runs_share_an_event_loop_with_its_connections(host: Any) -> None:
    program = host(
        """
        loops = []

        async def agent(turn):
            loops.append(asyncio.get_running_loop())
            turn.log(f"{len(set(loops))} loops")

        serve(agent)
        """
    )
    for _ in range(2):
        program.start()
        program.turn(tools=[])
        program.request("run/end", {"reason": "done"})
    assert [params["text"] for _, params in program.seen] == ["1 loops"] * 2
