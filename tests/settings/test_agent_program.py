"""The setting `runner.agent`: paths, precedence, the hash of a config, and secrets in its environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.base.redaction import redacted
from pytest_pare.scenarios.config import AgentProgram, ScenarioRunnerConfig
from pytest_pare.settings import Suite, load_suite
from pytest_pare.settings.overrides import parse_assignment

if TYPE_CHECKING:
    from pathlib import Path


def suite(tmp_path: Path, text: str, *flags: str) -> Suite:
    path = tmp_path / "pare.yaml"
    path.write_text(text)
    return load_suite(path, [parse_assignment(flag, "--pare-set", tmp_path / "base") for flag in flags])


def runners(tmp_path: Path, text: str, *flags: str) -> list[tuple[Any, ...]]:
    """Return agent type, command and directory in each variant."""
    found = []
    for variant in suite(tmp_path, text, *flags).variants:
        runner = variant.settings.runner
        program = runner.agent
        found.append((runner.agent_type, *((" ".join(program.command), program.cwd) if program else ())))
    return found


ONE = "runner: {agent: {command: [a, x.py], cwd: one}}\n"


def test_directories_are_relative_to_the_suite(tmp_path: Path) -> None:
    assert runners(tmp_path, ONE) == [("program:x.py", "a x.py", str(tmp_path / "one"))]
    assert runners(tmp_path, "runner: {agent: {command: [a]}}") == [("program:a", "a", str(tmp_path))]
    assert runners(tmp_path, "{}", "runner.agent={command: [a], cwd: two}") == [
        ("program:a", "a", str(tmp_path / "base" / "two"))
    ]


def test_an_agent_that_a_cell_or_a_flag_names_replaces_another(tmp_path: Path) -> None:
    cells = (
        "matrix: {base: {}, other: {agent: {command: [b]}}, mine: {agent_type: 'my:agent'}, none: {agent_type: null}}"
    )
    one = str(tmp_path / "one")
    assert runners(tmp_path, ONE + cells) == [
        ("program:x.py", "a x.py", one),
        ("program:b", "b", one),
        ("my:agent",),
        ("null",),
    ]
    assert runners(tmp_path, ONE, "runner.agent_type=my:agent") == [("my:agent",)]
    assert runners(tmp_path, "runner: {agent_type: 'my:agent'}", "runner.agent.command=[a]")[0][:2] == (
        "program:a",
        "a",
    )
    assert runners(tmp_path, ONE, "runner.agent=null") == [("observe-execute",)]


@pytest.mark.parametrize(
    ("settings", "label"),
    [
        ({"command": ("python", "-m", "agent")}, "python"),
        ({"command": ("/usr/bin/node", "--flag=a.js", "lib/agent.mjs", "b.js")}, "agent.mjs"),
        ({"command": ("docker", "run", "image"), "name": "mine"}, "mine"),
    ],
)
def test_the_name_of_a_program(settings: dict[str, Any], label: str) -> None:
    assert AgentProgram(**settings).label == label


def test_the_hash_of_a_config_depends_on_the_program_and_not_on_its_directory() -> None:
    def hash_of(**settings: Any) -> str:
        return ScenarioRunnerConfig(agent=AgentProgram(command=("a",), **settings)).get_config_hash()

    assert hash_of(cwd="/one") == hash_of(cwd="/two")
    assert len({hash_of(), hash_of(env={"A": "1"}), hash_of(turn_timeout=1), hash_of(name="b")}) == 4


def test_values_of_variables_with_the_name_of_a_secret_are_redacted() -> None:
    program = AgentProgram(command=("a",), env={"SOME_TOKEN": "grüße-4711-lang", "CITY": "Paris-sur-Seine"})
    assert redacted("grüße-4711-lang in Paris-sur-Seine") == "[redacted] in Paris-sur-Seine"
    assert "4711" not in repr(program)
