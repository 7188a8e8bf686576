"""Commands on runs: `show` and `diff`, and which run a name stands for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_pare.simulation.trace import Trace
from tests.cli.recorded import record
from tests.cli.test_json_keys import documented, keys_of
from tests.timeline.made import agent, answer, call, proposal, trace, world

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

FIRST = "20261201T090000Z-pare"
SECOND = "20261202T090000Z-pare"
PASSED = trace(
    world("create_and_add_email", time=2),
    call(time=3),
    proposal(time=4),
    answer(time=5, turn=1),
    agent("send_email", time=6, turn=1, mode="execute", args={"to": "ann"}),
)
FAILED = replace(
    PASSED,
    entries=(*PASSED.entries[:4], replace(PASSED.events[3], args={"to": "bob"})),
    reference=tuple(
        {"who": event.kind, "app": event.app, "function": event.function, "args": event.args}
        for event in PASSED.events[1:]
    ),
)


@pytest.fixture
def project(shell: Shell) -> Shell:
    """Two sessions: in the first all runs pass, in the second some fail."""
    shell.write("pytest.ini", "[pytest]\n")
    record(shell.path, 0, {"mow": "SS", "weed": "SS"}, traces={"mow[run1]": PASSED, "weed[run2]": PASSED})
    traces = {"mow[run2]": FAILED, "weed[run1]": PASSED, "weed[run2]": FAILED, "dig[run1]": FAILED}
    record(shell.path, 1, {"mow": "Sf", "weed": "Sf", "dig": "ff"}, traces=traces)
    return shell


# -- show


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("weed[run2]", "weed[run2]: failed"),
        ("weed", "weed[run2]: failed"),
        ("last:weed[run1]", "weed[run1]: success"),
        (f"{FIRST}:weed[run2]", "weed[run2]: success"),
        ("last~1:mow", "mow[run1]: success"),
    ],
)
def test_a_run_by_its_name(project: Shell, name: str, first: str) -> None:
    assert project.lines("show", name)[0] == first


def test_the_steps_of_a_run(project: Shell) -> None:
    lines = project.lines("show", "weed[run2]")
    assert lines[1] == "  the plants are dry"
    assert "   5 |+6        agent Emails.send_email (write) to=bob" in lines
    assert project.lines("show", "weed[run2]", "--step", "5")[-1] == "                      to = bob"
    assert project.lines("show", "weed[run2]", "--turn", "1")[1].startswith("turn 1, +5")


def test_the_steps_of_a_run_as_json(project: Shell) -> None:
    document = project.json("show", "weed[run2]")
    assert (document["command"], document["run"], len(document["steps"])) == ("show", "weed[run2]", 5)


def test_the_trace_of_a_run_as_json_lines(project: Shell) -> None:
    lines = project.lines("show", "weed[run2]", "--trace")
    assert Trace.from_jsonl("\n".join(lines)) == FAILED


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["show", "wed"], "wed: session 20261202T090000Z-pare has no such run; did you mean 'weed'?"),
        (["show", "mow[run1]"], "mow[run1]: its trace was not kept (status success); set ledger.traces: all"),
        (["show", "weed", "--turn", "7"], "turn 7: the run has the turns 0 to 1"),
        (["show", "weed", "--step", "7"], "step 7: the run has the steps 1 to 5"),
        (["show", "weed", "--turn", "0", "--step", "1"], "--turn and --step: show a turn, or one step; leave one out"),
        (["show", "2020:weed"], "2020: there is no such session"),
        (["diff", "weed", "mow[run1]"], "mow[run1]: its trace was not kept"),
        (
            ["diff", "weed[run1]", "--reference"],
            "weed[run1]: its trace has no reference steps, as that of each run that succeeded; name another run B",
        ),
        (["diff", "weed", "mow", "--reference"], "--reference: A is compared with the reference steps; leave out B"),
    ],
)
def test_a_run_that_cannot_be_shown(project: Shell, arguments: list[str], part: str) -> None:
    assert part in project.error(*arguments)


def test_a_trace_that_is_damaged(project: Shell) -> None:
    path = project.path / f".pare/runs/{SECOND}/weed[run2].jsonl.gz"
    path.write_bytes(path.read_bytes()[:60])
    assert "weed[run2].jsonl.gz: cannot be read" in project.error("show", "weed")


# -- diff


@pytest.mark.parametrize(
    ("arguments", "other"),
    [
        (["weed[run2]", "weed[run1]"], "weed[run1]: success"),
        (["weed[run2]", f"{FIRST}:weed[run2]"], f"{FIRST}:weed[run2]: success"),
        # Another number in the same session, then an earlier session, then the reference.
        (["weed"], "weed[run1]: success"),
        (["mow"], "mow[run1]: success"),
        (["dig"], "reference steps of the scenario"),
        (["weed", "--reference"], "reference steps of the scenario"),
    ],
)
def test_the_run_beside_it(project: Shell, arguments: list[str], other: str) -> None:
    lines = project.lines("diff", *arguments)
    assert [line for line in lines if line.startswith("+ B")] == [f"+ B {other}"]
    assert any(line.startswith("first difference: agent's action (step 5 in A") for line in lines)


def test_a_fork_is_compared_with_the_run_that_it_comes_from(project: Shell) -> None:
    fork = replace(FAILED, forked_from={"run": f"{FIRST}:weed[run2]", "step": 5, "change": {}})
    name = record(project.path, 3, {"weed": "f"}, traces={"weed": fork})
    assert "+ B weed[run2]: success" in project.lines("diff", f"{name}:weed")


def test_runs_that_are_the_same(project: Shell) -> None:
    lines = project.lines("diff", "weed[run1]", "weed[run1]")
    assert lines[-1] == "no difference: both runs are the same, step by step"


def test_runs_with_the_same_steps_and_other_verdicts(shell: Shell) -> None:
    shell.write("pytest.ini", "[pytest]\n")
    record(shell.path, 1, {"weed": "fS"}, traces={"weed[run1]": FAILED, "weed[run2]": FAILED})
    words = " ".join(" ".join(shell.lines("diff", "weed[run1]", "weed[run2]")).split())
    assert "no step differs: both runs have the same steps, and their verdicts differ (failed and success): " in words


def test_a_comparison_as_json(project: Shell) -> None:
    found = project.json("diff", "weed")
    assert (found["a"], found["b"], found["cause"]) == ("weed[run2]", "weed[run1]", "agent's action")
    assert found["first"] == {"a": 5, "b": 5}
    assert found["parts"] == [{"name": "to", "a": "bob", "b": "ann"}]


def test_a_session_that_cannot_be_read_does_not_hide_others(project: Shell) -> None:
    name = record(project.path, 2, {"mow": "f"}, traces={"mow": FAILED})
    path = project.path / f".pare/runs/{SECOND}.jsonl"
    path.write_text(path.read_text(encoding="utf-8") + "{}\n", encoding="utf-8")
    assert f"+ B {FIRST}:mow[run1]: success" not in project.lines("diff", f"{name}:mow")
    assert "+ B mow[run1]: success" in project.lines("diff", f"{name}:mow")


@pytest.mark.parametrize("arguments", [["show", "weed"], ["diff", "weed"]], ids=lambda arguments: arguments[0])
def test_each_key_is_documented(project: Shell, arguments: list[str]) -> None:
    document = project.json(*arguments)
    found = {key for key in keys_of(document) if key not in ("command", "version")}
    # `observe` is the name of a role.
    assert found - documented()[arguments[0]] - {"observe"} == set()
