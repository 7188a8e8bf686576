"""The README of the Python client is true: its programs run, and its tables have every name."""

from __future__ import annotations

import dataclasses
import inspect
import re
import sysconfig
import venv
from pathlib import Path
from typing import Any

from pytest_pare.agents.protocols import Turn
from pytest_pare.settings import load_suite
from tests.clients.fake_host import CLIENT, FakeHost, client
from tests.docs.test_docs import blocks, matches
from tests.packaging.test_distribution import run

README = CLIENT / "README.md"
TEXT = README.read_text(encoding="utf-8")
# What the test does otherwise: the wheel has a test of its own.
INSTALL = ["python -m venv agent-env", "agent-env/bin/pip install ./clients/python"]


def write(project: Path) -> None:
    """Write the files of the README, and make the environment of the agent."""
    environment = project / "agent-env"
    venv.create(environment, with_pip=False)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(environment)}))
    (packages / "client.pth").write_text(f"{CLIENT}\n", encoding="utf-8")
    for block in blocks(README):
        if block.file is not None:
            (project / block.file).write_text(block.code, encoding="utf-8")


def test_the_readme_holds(tmp_path: Path) -> None:
    write(tmp_path)
    assert {block.language for block in blocks(README)} == {"console", "python", "yaml"}
    assert load_suite(tmp_path / "pare.yaml").settings.runner.agent is not None
    commands = []
    for block in blocks(README):
        if block.language != "console":
            continue
        _, *parts = re.split(r"^\$ (.*)\n", block.code, flags=re.MULTILINE)
        for command, expected in zip(parts[::2], parts[1::2], strict=True):
            commands.append(command)
            if command not in INSTALL:
                program, *arguments = command.split()
                assert program == "pytest"
                output = run(Path(sysconfig.get_path("scripts")) / program, *arguments, cwd=tmp_path)
                assert matches(output, expected), output
    assert commands[:2] == INSTALL
    assert len(commands) == 3


def test_the_async_agent_works(tmp_path: Path) -> None:
    write(tmp_path)

    def answer(_method: str, params: dict[str, Any]) -> Any:
        return {"result": [params["name"]]}

    with FakeHost(tmp_path / "async_agent.py") as program:
        program.start()
        program.turn(answer, tools=[])
        program.turn(answer, number=1)
        logged = [params["text"] for method, params in program.seen if method == "log"]
    assert logged == ["2 results up to turn 0", "4 results up to turn 1"]


def rows(heading: str) -> set[str]:
    """Return the names in the first column of the table below a heading."""
    section = TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    names = re.findall(r"^\| (`.*?) \|", section, flags=re.MULTILINE)
    return {name for cell in names for name in re.findall(r"`(?:await )?(\w+)", cell)}


def test_the_tables_have_every_name() -> None:
    module = client()
    attributes = {"number", "time", "mode", "proposal", "notifications", "scenario_seed", "mcp", "traceparent"}
    assert rows("Use a turn") == attributes | {name for name in vars(module.Turn) if not name.startswith("_")}
    in_process = {one.name for one in dataclasses.fields(Turn)} | set(vars(Turn))
    assert rows("Use a turn") == {name for name in in_process if not name.startswith("_")}
    public = {name: getattr(module, name) for name in module.__all__}
    errors = {name for name, one in public.items() if inspect.isclass(one) and issubclass(one, BaseException)}
    assert rows("Handle errors") == errors
