"""From `module:name` to an agent, and what is said where that leads nowhere."""

from __future__ import annotations

import builtins
import inspect
import textwrap
from itertools import count
from types import BuiltinFunctionType
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.agents.errors import AgentTypeError
from pytest_pare.agents.loading import load_agent
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.simulation.runner import run_scenario
from tests.scripted import scripted
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SOURCE = """
import functools
import threading

def agent(turn):
    turn.propose("Shall I?")

async def sleepy(turn):
    turn.wait()

def make():
    return agent

def make_with(model="best"):
    return functools.partial(agent_of, model)

def agent_of(model, turn):
    turn.propose(model)

class Agent:
    made = 0

    def __init__(self):
        type(self).made += 1

    def __call__(self, turn):
        turn.wait()

    @staticmethod
    def other(turn):
        turn.wait()

class Needy(Agent):
    def __init__(self, model):
        pass

class Mute:
    pass

instance = Agent()
number = 5

def two(turn, more):
    pass

def fails():
    raise ValueError("no key")

def gives_none():
    pass

def optional(turn=None):
    pass

def hasty(turn=None):
    turn.wait()

def exits():
    raise SystemExit(3)

locked = Agent()
locked.lock = threading.Lock()
"""
_numbers = count()


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Write modules, each of a name of its own, that can be imported."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(source: str) -> str:
        name = f"agents_of_{next(_numbers)}"
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(source))
        return name

    return write


@pytest.mark.parametrize("name", ["agent", "sleepy", "Agent.other"])
def test_what_takes_a_turn_is_the_agent_itself(module: Callable[[str], str], name: str) -> None:
    agent_type = f"{module(SOURCE)}:{name}"
    agent: Any = load_agent(agent_type)
    assert agent is load_agent(agent_type)
    assert getattr(agent, "__qualname__", None) == name


@pytest.mark.parametrize("name", ["instance", "instance.__call__"])
def test_an_object_that_takes_turns_is_copied_for_each_run(module: Callable[[str], str], name: str) -> None:
    agent_type = f"{module(SOURCE)}:{name}"
    first: Any = load_agent(agent_type)
    second: Any = load_agent(agent_type)
    assert getattr(first, "__self__", first) is not getattr(second, "__self__", second)


def test_what_makes_an_agent_is_called_anew_for_each_run(module: Callable[[str], str]) -> None:
    name = module(SOURCE)
    first: Any = load_agent(f"{name}:Agent")
    second: Any = load_agent(f"{name}:Agent")
    assert first is not second
    # Two more are the module's own.
    assert type(first).made == 4
    made: Any = load_agent(f"{name}:make")
    assert made.__name__ == "agent"


def test_what_makes_an_agent_may_have_arguments_with_defaults(module: Callable[[str], str]) -> None:
    agent: Any = load_agent(f"{module(SOURCE)}:make_with")
    assert agent.args == ("best",)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing", "{module} has no 'nothing'"),
        ("Agent.nothing", "{module} has no 'Agent.nothing'"),
        ("agent:more", "{module} has no 'agent:more'"),
        ("number", "must be a function that takes a turn, or that takes nothing and returns an agent; got int"),
        ("two", "must be a function that takes a turn, or that takes nothing and returns an agent; got function"),
        (
            "gives_none",
            "gives_none was called without arguments, because it can be, to make an agent, and returned None; "
            "an agent is a function that needs a turn",
        ),
        (
            "optional",
            "optional was called without arguments, because it can be, to make an agent, and returned None; "
            "an agent is a function that needs a turn",
        ),
        (
            "hasty",
            "hasty() raised AttributeError: 'NoneType' object has no attribute 'wait'; "
            "it was called without arguments, because it can be",
        ),
        (
            "Mute",
            "Mute was called without arguments, because it can be, to make an agent, and returned an object of type "
            "Mute; an agent is a function that needs a turn",
        ),
        ("exits", "exits() raised SystemExit: 3"),
        (
            "locked",
            "locked cannot be copied, and runs must not share it (TypeError: cannot pickle '_thread.lock' object); "
            "name what makes one instead",
        ),
        ("Needy", "the class needs arguments; name a function that takes none and returns an agent"),
        ("fails", "fails() raised ValueError: no key"),
    ],
)
def test_a_name_that_leads_to_no_agent_is_told_in_a_sentence(
    module: Callable[[str], str], name: str, message: str
) -> None:
    found = module(SOURCE)
    with pytest.raises(AgentTypeError) as caught:
        load_agent(f"{found}:{name}")
    assert str(caught.value) == f"agent_type '{found}:{name}': {message.format(module=found)}"


@pytest.mark.parametrize("agent_type", ["", "mine", ":agent", "module:", ":"])
def test_an_agent_type_names_a_module_and_something_in_it(agent_type: str) -> None:
    with pytest.raises(AgentTypeError) as caught:
        load_agent(agent_type)
    assert str(caught.value) == f"agent_type {agent_type!r}: must be one of the built-in names, or module:name"


@pytest.mark.parametrize(
    ("agent_type", "missing"),
    [("not_there:agent", "not_there"), ("not_there.deep:agent", "not_there"),
     ("json.not_there:agent", "json.not_there"), ("agents/mine.py:agent", "agents/mine")],
)  # fmt: skip
def test_a_module_that_is_not_there_is_told_with_where_to_put_it(agent_type: str, missing: str) -> None:
    with pytest.raises(AgentTypeError) as caught:
        load_agent(agent_type)
    assert str(caught.value) == (
        f"agent_type {agent_type!r}: there is no module {missing!r}; its directory must be on the import path "
        "(in pytest, the setting pythonpath)"
    )


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import not_there_either", "ModuleNotFoundError: No module named 'not_there_either'"),
        ("from json import nothing", "ImportError: cannot import name 'nothing' from 'json'"),
        ("raise AttributeError('mine')", "AttributeError: mine"),
        ("raise ValueError", "ValueError"),
        ("def agent(:", "SyntaxError: invalid syntax"),
        ("raise SystemExit(3)", "SystemExit: 3"),
    ],
)
def test_what_a_module_raises_is_told_and_kept(module: Callable[[str], str], source: str, told: str) -> None:
    name = module(source)
    with pytest.raises(AgentTypeError) as caught:
        load_agent(f"{name}:agent")
    assert str(caught.value).startswith(f"agent_type '{name}:agent': importing {name} raised {told}")
    assert type(caught.value.__cause__).__name__ == told.partition(":")[0]


def test_a_relative_module_is_none() -> None:
    with pytest.raises(AgentTypeError, match=r"agent_type '\.mine:agent': importing \.mine raised TypeError"):
        load_agent(".mine:agent")


def has_signature(function: Any) -> bool:
    try:
        inspect.signature(function)
    except ValueError:
        return False
    return True


def test_something_without_a_signature_is_taken_for_an_agent() -> None:
    functions = {name: one for name, one in vars(builtins).items() if isinstance(one, BuiltinFunctionType)}
    name = next(name for name, function in functions.items() if not has_signature(function))
    found: Any = load_agent(f"builtins:{name}")
    assert found is functions[name]


def test_a_run_plays_the_agent_that_its_configuration_names(module: Callable[[str], str]) -> None:
    config = MultiScenarioRunnerConfig(agent_type=f"{module(SOURCE)}:agent", max_turns=1)
    run = run_scenario(Stage(), config, engine_builder=scripted())
    assert [event.args for event in run.trace.proposals()] == [{"content": "Shall I?"}]


def test_a_run_without_its_agent_is_an_exception_and_no_failure() -> None:
    config = MultiScenarioRunnerConfig(agent_type="not_there:agent", max_turns=1)
    run = run_scenario(Stage(), config, engine_builder=scripted())
    assert run.result.status == "exception"
    assert isinstance(run.result.exception, AgentTypeError)
