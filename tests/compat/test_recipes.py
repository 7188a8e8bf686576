"""The recipes of `docs/recipes.md`: each agent in an environment of its own, recorded, and replayed without network.

The model is a script that refuses what a model must not get. In the environment of each agent every connection is
noted, and one beyond loopback is refused.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.compat.recipes import CLIENT, ROOT, Recipe, copy_recipe, seal
from tests.compat.scripted_model import MODEL, ScriptedModel
from tests.compat.scripts import SCRIPTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECIPES = sorted(path.parent.name for path in (ROOT / "recipes").glob("*/agent.py"))


def make_environment(directory: Path, log: Path) -> None:
    uv = [sys.executable, "-m", "uv"]
    python = directory / "agent-env" / "bin" / "python"
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, str(directory / "agent-env")], check=True)
    install = [*uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python)]
    subprocess.run([*install, "-r", str(directory / "requirements.txt"), str(CLIENT)], check=True)
    seal(directory / "agent-env", log)


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as service:
        yield service


@pytest.fixture(scope="module", params=RECIPES)
def recipe(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, model: ScriptedModel) -> Recipe:
    directory = tmp_path_factory.mktemp("recipes") / request.param
    copy_recipe(request.param, directory)
    log = directory.parent / "connections.txt"
    make_environment(directory, log)
    return Recipe(directory, model.url, log)


@pytest.fixture(scope="module")
def actions() -> dict[str, Any]:
    """The calls of the first recipe in each test, to which those of the others are compared."""
    return {}


def calls(traces: dict[str, bytes]) -> list[tuple[Any, ...]]:
    """Return the agent's calls with the turn and time of each."""
    fields = ("time", "turn", "function", "args", "error", "fault")
    lines = [(name, json.loads(line)) for name in sorted(traces) for line in traces[name].splitlines()]
    return [(name, *map(line.get, fields)) for name, line in lines if line.get("kind") == "AGENT"]


def test_a_recipe_is_recorded_and_replayed_without_network(recipe: Recipe, actions: dict[str, Any]) -> None:
    # A model of its own, which is gone in the replays.
    with ScriptedModel() as model:
        recipe.url = model.url
        recorded = recipe.record("recorded")
        assert model.refusals == []
        assert {body["model"] for body in model.bodies} == {MODEL}
    recipe.require_sealed()
    assert set(recorded) == set(SCRIPTS)
    assert calls(recorded) == actions.setdefault("recorded", calls(recorded))
    for output in ("first", "second"):
        assert recipe.play(output) == recorded
        recipe.require_sealed()


def test_a_tool_that_fails_is_heard_of_by_the_model(
    recipe: Recipe, model: ScriptedModel, actions: dict[str, Any]
) -> None:
    recipe.url = model.url
    before = len(model.refusals)
    noise = {"noise.tool_failure_probability": 0.3, "cassettes.dir": "noisy"}
    traces = recipe.record("noisy-traces", noise)
    assert model.refusals[before:] == []
    assert sum(call[-1] == "tool_failure" for call in calls(traces)) > 3
    assert calls(traces) == actions.setdefault("noisy", calls(traces))
    assert recipe.play("noisy-again", noise) == traces


def test_a_turn_that_is_over_is_no_failure(recipe: Recipe, model: ScriptedModel) -> None:
    recipe.url = model.url
    limit = {"runner.max_tool_calls": 2, "cassettes.dir": "limited-cassettes", "scenarios.include": ["dinner_moved"]}
    traces = recipe.record("limited", limit, status=1)
    (trace,) = traces.values()
    entries = [json.loads(line) for line in trace.splitlines()]
    (over,) = [one for one in entries if "TurnOver" in str(one.get("error"))]
    assert over["function"] == "send_message_to_user"


IN_PROCESS = """
scenarios: {bundled: true, include: [new_number, dinner_moved, shopping_list, parcel_next_door]}
runner: {agent_type: "agent:Assistant"}
cassettes: {dir: inside-cassettes}
"""


@pytest.mark.parametrize("recipe", ["plain_loop"], indirect=True)
def test_the_plain_loop_in_process_has_the_same_trace(recipe: Recipe, model: ScriptedModel) -> None:
    recipe.url = model.url
    outside = recipe.record("outside", {"cassettes.dir": "outside-cassettes"})
    (recipe.directory / "inside.pare.yaml").write_text(IN_PROCESS, encoding="utf-8")
    (recipe.directory / "pytest.ini").write_text(f"[pytest]\npythonpath = . {CLIENT}\n", encoding="utf-8")
    inside = recipe.record("inside", suite="inside.pare.yaml")
    assert {name: entries(trace) for name, trace in inside.items()} == {
        name: entries(trace) for name, trace in outside.items()
    }


def entries(trace: bytes) -> list[dict[str, Any]]:
    """Return the lines of a trace, without the name of the agent."""
    head, *lines = map(json.loads, trace.splitlines())
    return [{**head, "agent": None}, *lines]
