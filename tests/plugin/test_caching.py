"""`runner.enable_caching`: a result is reused if nothing that it depends on has changed, and every report says so."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from pytest_pare.ledger import header
from pytest_pare.plugin import caching
from tests.plugin.test_reruns import rerunning
from tests.plugin.test_resume import HEAD, OUTAGE, PLAYED, garden, ledgers, plays, report

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.plugin.conftest import Example

CACHED = """
agent_version: {version}
runs: 2
runner: {{enable_caching: true, max_turns: {turns}}}
reports: {{json: out.json, parquet: rows.parquet, markdown: out.md}}
"""


def cached(example: Example, version: str = "v1", turns: int = 5) -> Example:
    return garden(example, CACHED.format(version=version, turns=turns))


def git(example: Example, *args: str) -> None:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *args]
    subprocess.run(command, cwd=example.path, check=True, capture_output=True)


@pytest.mark.parametrize("flags", [("-n0",), ("-n2",)])
def test_an_unchanged_run_is_not_played_again(example: Example, flags: tuple[str, ...]) -> None:
    first = cached(example).run("pare.yaml", "-n0")
    expected = report(example)
    assert "pare.yaml reuses results of earlier sessions, agent version v1" in first.header
    assert len(plays(example)) == 8
    assert not any("reused" in line for line in first.summary)

    second = example.run("pare.yaml", *flags, "--junitxml=junit.xml")
    assert plays(example) == []
    assert second.outcomes() == first.outcomes()
    assert second.verdict == first.verdict
    assert "  8 of 8 runs reused from earlier sessions" in second.summary
    assert "\n- 8 of 8 runs reused from earlier sessions\n" in (example.path / "out.md").read_text()
    name = ledgers(example)[0].stem
    assert f"the plants are dry\n\nnot played: the session {name} has this result" in second.out
    runs = json.loads((example.path / "out.json").read_text())["results"]
    assert {one["reused"] for one in runs} == {name}
    assert {**report(example), "results": None} == {**expected, "results": None}
    assert set(pl.read_parquet(example.path / "rows.parquet")["reused_from"]) == {name}
    properties = ET.parse(example.path / "junit.xml").getroot().iter("property")
    assert {one.get("value") for one in properties if one.get("name") == "pare_reused_from"} == {name}

    more = example.run("pare.yaml", "--pare-runs=3", *flags)
    assert plays(example) == ["dig3", "mow3", "rake3", "weed3"]
    assert "  8 of 12 runs reused from earlier sessions" in more.summary
    assert {one["reused"] for one in json.loads((example.path / "out.json").read_text())["results"]} == {name, None}


CHANGES: dict[str, Callable[[Example], Any]] = {
    "agent version": lambda example: cached(example, version="v2"),
    "setting": lambda example: cached(example, turns=6),
    "noise": lambda example: cached(example).suite(
        CACHED.format(version="v1", turns=5) + "noise: {tool_slow: {rate: 0.1}}"
    ),
    "engine": lambda example: cached(example).suite(
        CACHED.format(version="v1", turns=5).replace(
            "turns: 5", "turns: 5, user_engine_config: {model_name: oracle, provider: oracle, seed: 1}"
        )
    ),
    "fixture": lambda example: example.write(
        "conftest.py",
        """
        import pytest
        @pytest.fixture
        def pare_runner_config(pare_runner_config):
            return pare_runner_config.model_copy(update={"generation_seconds": 2.0})
        """,
    ),
    "agent": lambda example: example.write(
        "conftest.py",
        """
        import pytest
        @pytest.fixture
        def proactive_agent():
            return lambda turn: None
        """,
    ),
    "helper": lambda example: example.write("scenarios/helper.py", "MORE = 2"),
}


def test_a_change_makes_runs_anew(example: Example) -> None:
    cached(example).write("scenarios/helper.py", "MORE = 1")
    for name in ("dig", "mow", "rake", "weed"):
        path = example.path / f"scenarios/{name}.py"
        path.write_text("import helper\n" + path.read_text())
    example.pytester.makeini("[pytest]\npythonpath = scenarios")
    example.run("pare.yaml")
    played = {"first": len(plays(example))}
    texts = {path: path.read_text() for path in example.path.glob("scenarios/*.py")}
    # One after another, each with a suite, a conftest.py or a helper that no earlier session had.
    for name, change in CHANGES.items():
        change(example)
        for path, text in texts.items():
            if path.name != "helper.py":
                path.write_text(text)
        example.run("pare.yaml")
        played[name] = len(plays(example))
        example.run("pare.yaml")
        assert plays(example) == [], name
    assert played == dict.fromkeys(played, 8)


def test_an_edited_scenario_alone_is_played(example: Example) -> None:
    cached(example).run("pare.yaml")
    plays(example)
    example.scenario("mow", f"{PLAYED}\nreturn False", head=HEAD)
    session = example.run("pare.yaml")
    assert plays(example) == ["mow1", "mow2"]
    assert "  6 of 8 runs reused from earlier sessions" in session.summary


def test_exceptions_are_never_reused(example: Example) -> None:
    cached(example)
    example.write("mow", OUTAGE).write("rake", "raise ValueError('no rake')")
    example.run("pare.yaml")
    plays(example)
    example.run("pare.yaml")
    assert plays(example) == ["mow1", "rake1"]


def test_a_file_of_answers_counts(example: Example) -> None:
    wait = "Thought: wait\nAction:\n" + json.dumps({"action": "wait", "action_input": {}}) + "<end_action>"
    suite = (
        "agent_version: v1\nrunner: {enable_caching: true, max_turns: 1, user_engine_config: {model_name: s, "
        "provider: scripted, answers: answers.yaml}}"
    )
    garden(example, suite).write("answers.yaml", json.dumps([wait]))
    example.run("pare.yaml")
    assert len(plays(example)) == 4
    example.run("pare.yaml")
    assert plays(example) == []
    example.write("answers.yaml", json.dumps([wait, wait]))
    example.run("pare.yaml")
    assert len(plays(example)) == 4


def test_a_missing_trace_is_written_anew(example: Example) -> None:
    garden(example, "agent_version: v1\nrunner: {enable_caching: true, export: true}").run("pare.yaml")
    plays(example)
    example.run("pare.yaml")
    assert plays(example) == []
    (example.path / "traces/mow.jsonl.gz").unlink()
    example.run("pare.yaml")
    assert plays(example) == ["mow"]


def test_a_repeated_run_is_played(example: Example) -> None:
    suite = "{agent_version: v1, runner: {enable_caching: true}, reports: {json: out.json}}"
    rerunning(example, "pytest-rerunfailures", suite)
    example.run("pare.yaml")
    first = report(example)["attempts"]
    session = example.run("pare.yaml")
    assert report(example)["attempts"] == first
    assert "  1 of 2 runs reused from earlier sessions" in session.summary, "two attempts have one key"


def test_a_fixture_cannot_reuse_results_without_the_suites_key(example: Example) -> None:
    garden(example, "agent_version: v1").write(
        "conftest.py",
        """
        import pytest
        @pytest.fixture
        def pare_runner_config(pare_runner_config):
            return pare_runner_config.model_copy(update={"enable_caching": True})
        """,
    )
    for _ in range(2):
        example.run("pare.yaml")
        assert len(plays(example)) == 4


# -- the version of the agent


@pytest.mark.parametrize(
    ("commit", "ledger", "reason"),
    [
        (None, "", "the agent's version is unknown: there is no git commit, and the suite declares no agent_version"),
        (
            header.Commit("c1", dirty=True),
            "",
            "the agent's version is unknown: files differ from the git commit, and the suite declares no agent_version",
        ),
        (header.Commit("c1", dirty=False), ", ledger: false", "with ledger: false no results are recorded"),
    ],
)
def test_without_a_version_of_the_agent_nothing_is_reused(
    example: Example, monkeypatch: pytest.MonkeyPatch, commit: header.Commit | None, ledger: str, reason: str
) -> None:
    monkeypatch.setattr(caching, "commit_of", lambda rootdir: commit)
    garden(example, f"{{runner: {{enable_caching: true}}{ledger}}}")
    for _ in range(2):
        session = example.run("pare.yaml")
        assert f"pare.yaml reuses no results, {reason}" in session.header
        assert len(plays(example)) == 4


def test_a_clean_commit_is_a_version(example: Example) -> None:
    garden(example, "runner: {enable_caching: true}").write(".gitignore", "plays\n__pycache__\n.pytest_cache\n")
    git(example, "init")
    git(example, "add", ".")
    git(example, "commit", "-m", "one")
    first = example.run("pare.yaml")
    (line,) = [line for line in first.header if "reuses" in line]
    assert line.startswith("pare.yaml reuses results of earlier sessions, commit ")
    assert len(plays(example)) == 4
    example.run("pare.yaml")
    assert plays(example) == []
    example.write("agent.py", "")
    assert any("files differ" in line for line in example.run("pare.yaml").header)
    assert len(plays(example)) == 4
    git(example, "add", ".")
    git(example, "commit", "-m", "two")
    example.run("pare.yaml")
    assert len(plays(example)) == 4


def test_ledgers_that_cannot_be_read_have_no_results(example: Example) -> None:
    cached(example).run("pare.yaml")
    plays(example)
    (path,) = ledgers(example)
    text = path.read_text()
    lines = text.splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if line.startswith('{"run":"mow[run1]'))
    path.write_text("".join([*lines[:place], lines[place][:-9] + "\n", *lines[place + 1 :]]))
    example.run("pare.yaml")
    assert plays(example) == ["mow1"]
    ledgers(example)[-1].unlink()
    path.write_text(text.replace('{"pare_ledger":1', '{"pare_ledger":9', 1))
    example.run("pare.yaml")
    assert len(plays(example)) == 8
