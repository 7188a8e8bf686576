"""Forks of runs that sessions have kept, by command, and of runs of the fixture `pare`."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.cli import main
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.scenarios.registry import registry
from pytest_pare.simulation.trace_steps import steps_of
from pytest_pare.what_if.changes import parse_result
from pytest_pare.what_if.errors import ForkError
from pytest_pare.what_if.kept import fork_run

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

ORACLE = {"provider": "oracle", "model_name": "oracle"}
# In a module of its own, where commands find it as well.
AGENT = """\
def water(turn):
    if turn.mode.value == "execute":
        turn.report("They are wet.")
    elif turn.number == 0:
        turn.propose("May I water the plants?")
"""
USER = """
        offer = self.agent_ui.send_message_to_user(content="May I water the plants?").oracle().delayed(5)
        yes = self.agent_ui.accept_proposal(content="Yes.").oracle().depends_on(offer, delay_seconds=1)
"""
METHODS = f"""\
def build_events_flow(self):
    with EventRegisterer.capture_mode():
        {USER.strip()}
    self.events = [offer, yes]
"""


@pytest.fixture
def garden(example: Example, capsys: pytest.CaptureFixture[str]) -> Example:
    """A project whose session has one run that failed, of an agent of its own."""
    example.scenario("garden", "return ScenarioValidationResult(success=False, rationale='dry')", methods=METHODS)
    example.write("watering.py", AGENT)
    example.write("pytest.ini", "[pytest]\npythonpath = .\n")
    runner = {"user_engine_config": ORACLE, "agent_type": "watering:water", "log_to_file": False}
    example.suite(json.dumps({"runner": runner, "reports": {"json": None}}))
    example.run("--pare-config", "pare.yaml")
    capsys.readouterr()
    registry.reset()
    return example


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(arguments, prog_name="pytest-pare")
    captured = capsys.readouterr()
    return int(end.value.code or 0), captured.out, captured.err


def test_the_command(garden: Example, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(garden.path)
    status, out, err = call(capsys, "show", "garden", "--json")
    assert status == 0, err
    steps = json.loads(out)["steps"]
    at = next(step["n"] for step in steps if step["kind"] == "acceptance")
    before = sorted(str(path) for path in (garden.path / ".pare/runs").rglob("*"))

    status, out, err = call(capsys, "fork", "garden", "--at", str(at), "--answer", "reject")
    assert status == 0, err
    lines = out.splitlines()
    assert lines[0].startswith("fork of ")
    assert "failed: dry" in lines
    assert f"the first difference is step {at - 1}: the same request to the user model got another answer" in " ".join(
        line.strip() for line in lines
    )
    name = lines[-1].removeprefix("kept as ")
    assert name.startswith(f"garden.step{at - 1}.")
    assert name.endswith(":garden")

    # The name is one that other commands take, and the fork is in no session.
    status, out, err = call(capsys, "show", name, "--json")
    assert status == 0, err
    assert [step["kind"] for step in json.loads(out)["steps"]].count("rejection") == 1
    assert sorted(str(path) for path in (garden.path / ".pare/runs").rglob("*")) == before
    assert call(capsys, "accept", name.partition(":")[0], "--reason", "x")[0] == 4

    status, out, err = call(capsys, "fork", "garden", "--at", "1", "--times", "2", "--json")
    assert status == 0, err
    document: dict[str, Any] = json.loads(out)
    assert (document["successes"], document["all_equal"], len(document["forks"])) == (0, True, 2)
    assert document["diff"]["cause"] == "none"
    # Again the same files.
    assert json.loads(call(capsys, "fork", "garden", "--at", "1", "--times", "2", "--json")[1]) == document
    assert "0 of 2 succeeded, 0 % (95 % CI 0 to 66)" in call(capsys, "fork", "garden", "--at", "1", "--times", "2")[1]

    # The model's whole answer, of a file and of standard input.
    idle = 'Thought: Not now.\nAction:\n{"action": "wait", "action_input": {}}<end_action>\n'
    garden.write("idle.txt", idle)
    for source in ("idle.txt", "-"):
        monkeypatch.setattr("sys.stdin", io.StringIO(idle))
        status, out, err = call(capsys, "fork", "garden", "--at", str(at - 1), "--answer", source)
        assert status == 0, err
        assert f"at step {at - 1}: answer Thought: Not now." in out

    forked = fork_run("garden", at, answer="reject")
    assert forked.trace.rejections()
    with pytest.raises(LedgerError, match="has no such run"):
        fork_run("gardn", at)

    garden.write("watering.py", AGENT.replace("the plants", "the lawn"))
    monkeypatch.delitem(__import__("sys").modules, "watering", raising=False)
    refusals = {
        ("--at", "99"): "step 99: the run has the steps 1 to",
        ("--at", "1", "--tool-result", "{"): "the result of a tool must be JSON",
        ("--at", "1", "--answer", "nowhere.txt"): "--answer: nowhere.txt: cannot be read: No such file or directory",
        ("--at", str(len(steps))): "is not what it was: expected the agent's",
    }
    for arguments, message in refusals.items():
        status, out, err = call(capsys, "fork", "garden", *arguments)
        assert (status, out) == (4, "")
        assert message in err
    garden.write("scenarios/garden.py", "")
    registry.reset()
    assert "pare.yaml has no scenario garden any more" in call(capsys, "fork", "garden", "--at", "1")[2]


def test_a_run_of_the_fixture(example: Example) -> None:
    example.scenario("garden", methods=METHODS)
    example.write("watering.py", AGENT)
    example.write(
        "test_garden.py",
        f"""
        import pytest
        from watering import water

        ORACLE = {ORACLE!r}

        def test_what_would_have_happened(pare):
            run = pare.run("garden", agent=water, user_engine_config=ORACLE)
            (accepted,) = run.trace.acceptances()
            at = 1 + run.trace.entries.index(accepted)
            fork = run.fork(at, answer="reject")
            assert fork.trace.rejections() and not fork.trace.acceptances()
            assert fork.diff.first == (at - 1, at - 1)
            assert run.fork(at).trace.entries == run.trace.entries
            assert run.fork(at, agent=lambda turn: turn.wait(), times=2).runs[1].trace.proposals()
            with pytest.raises(ValueError, match="there is no change 'answre'; there are answer, tool_result, model"):
                run.fork(at, answre="x")

        def test_no_such_step(pare):
            pare.run("garden", agent=water, user_engine_config=ORACLE).fork(99)
        """,
    )
    example.write("pytest.ini", "[pytest]\npythonpath = .\n")
    session = example.run("test_garden.py")
    assert session.outcomes() == {"passed": 1, "failed": 1}, session.out
    # The failure shows the call in the test, and no code of the plugin.
    assert "ForkError: step 99: the run has the steps 1 to" in session.out
    assert "pare_fixture.py" not in session.out


def test_a_run_that_has_no_forker() -> None:
    from tests.stage import play

    run = play()
    assert steps_of(run.trace) == []
    with pytest.raises(RuntimeError, match="only runs of the fixture pare can"):
        run.fork(1)


@pytest.mark.parametrize(("text", "value"), [('"a"', "a"), ("null", None), ("[1]", [1])])
def test_a_result_is_json(text: str, value: Any) -> None:
    assert parse_result(text) == value
    with pytest.raises(ForkError, match="must be JSON"):
        parse_result(text + "}")
