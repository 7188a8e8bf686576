"""Suites with a judge: recorded and replayed, shown apart, and refused without a calibration that fits."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.cli import main
from pytest_pare.engines.cassette import Cassette
from pytest_pare.engines.rate_limit import VARIABLE
from pytest_pare.judge.agreement import Agreement
from pytest_pare.judge.calibration import Calibration
from pytest_pare.judge.prompt import version
from tests.engines.model_server import ModelServer, Reply, Request, answers

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin.conftest import Example

SUITE = ("--pare-config", "pare.yaml")
HEAD = "from pytest_pare.scenarios.matchers import Silent, verdict"
SECRET = "Zq7xKw93LmP2vR8t"


@pytest.fixture(autouse=True, scope="module")
def _imported() -> None:
    """A session within a test that is the first to import them would leave others of the same names behind."""
    for module in ("check", "live"):
        import_module(f"pytest_pare.engines.{module}")


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", VARIABLE):
        monkeypatch.delenv(name, raising=False)


def suite(engine: dict[str, Any], **sections: Any) -> str:
    runner = {"agent_type": "null", "max_turns": 1, "judge_engine_config": engine, **sections.pop("runner", {})}
    return json.dumps({"runner": runner, "reports": {"json": "out.json"}, **sections})


def calibrate(path: Path, model: str = "m") -> None:
    Calibration(model, version(), 60, 2, "0" * 16, 1, Agreement(30, 2, 2, 26).to_dict()).write(path)


def polite(request: Request) -> Reply:
    """Answer as a judge, the first time in words."""
    asked = request.body["messages"]
    if len(asked) == 2 and "it is polite" in asked[1]["content"]:
        return answers("That I think it is.")
    holds = "it is polite" in asked[1]["content"]
    return answers(json.dumps({"holds": holds, "reason": f"by {SECRET}"}))


def test_a_judge_is_recorded_and_replayed(example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", SECRET)
    claims = f"self.judge('it is polite', evidence=['{SECRET}']), self.judge('it is long')"
    example.scenario("plants", f"return verdict(env, Silent(), {claims})", head=HEAD)
    with ModelServer(polite) as server:
        engine = {"model_name": "m", "endpoint": server.url, "retries": 0, "timeout_seconds": 60, "temperature": 0}
        engine["price"] = {"input": 1, "output": 4}
        example.suite(suite(engine, cassettes={}))
        recorded = example.run(*SUITE, "--pare-record", "once", "--pare-live")
    assert recorded.code == 0, recorded.out
    # One answer in words, one to the same question again, and one to the other claim.
    assert len(server.requests) == 3
    assert server.requests[0].body["temperature"] == 0
    replayed = example.run(*SUITE)
    for session in (recorded, replayed):
        block = " ".join(" ".join(session.summary).split())
        assert "Judge: 1 of 2 claims hold, 1 do not, 0 unknown not calibrated: decides nothing" in block
        assert "judge 3 33 21 $0.0001" in block
        assert session.verdict[0].startswith("gate PASS: 1 of 1 run succeeded")
        assert SECRET not in session.out
    assert recorded.header[1].startswith("live: judge: m (at http://127.0.0.1")
    report = json.loads((example.path / "out.json").read_text())
    assert report["metadata"]["judgements"] == {
        "claims": 2,
        "hold": 1,
        "do_not_hold": 1,
        "unknown": 0,
        "assumed": 0,
        "not_asked": 0,
        "decide": 0,
    }
    cassette = Cassette.read(example.path / "cassettes" / "plants.jsonl")
    assert cassette is not None
    assert [call.role for call in cassette.calls] == ["judge"] * 3
    assert cassette.ingredients.engines["judge"]["options"] == {"temperature": 0.0, "prompt": version()}
    assert SECRET not in (example.path / "cassettes" / "plants.jsonl").read_text() + json.dumps(report)
    # Another claim is another request.
    example.scenario("plants", "return verdict(env, Silent(), self.judge('it is short'))", head=HEAD)
    assert "call 1 of role judge is not as recorded" in example.run(*SUITE).out


def test_the_calibration_of_another_judge_ends_the_session_before_its_first_run(example: Example) -> None:
    example.scenario("plants", "return verdict(env, self.judge('it is polite'))", head=HEAD)
    engine = {"model_name": "m", "provider": "scripted", "answers": [{"holds": False, "reason": "it is rude"}]}
    calibrate(example.path / "other.json", "other")
    session = example.suite(suite(engine, judge={"calibration": "other.json"})).run(*SUITE)
    assert session.code == 4
    assert (
        "pare.yaml:1: judge.calibration: other.json: it was made for the judge other, and the judge is m" in session.err
    )
    session = example.suite(suite(engine, runner={"judge_only": True})).run(*SUITE)
    assert session.code == 4
    assert "runner.judge_only: a judge that is not calibrated must not decide alone" in session.err
    calibrate(example.path / "m.json")
    decides = suite(engine, judge={"calibration": "m.json"}, runner={"judge_only": True})
    session = example.suite(decides).run(*SUITE)
    assert session.code == 1
    assert "the judge: the claim 'it is polite' does not hold: it is rude" in session.out
    assert "judge: 'it is polite' does not hold: it is rude" in session.out
    assert "without the judge: no verdict: the claim 'it is polite' is judged apart, by judge_only" in session.words
    # A fixture may name another judge, which this calibration says nothing of.
    example.write(
        "conftest.py",
        """
        import pytest

        @pytest.fixture
        def judge_engine_config(pare_config):
            return pare_config.runner.judge_engine_config.model_copy(update={"model_name": "k"})
        """,
    )
    assert "it was made for the judge m, and the judge is k" in example.run(*SUITE).out


def test_a_calibration_is_recorded_and_replayed(
    example: Example, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(example.path)
    label = {"evidence": "hello", "by": "Ann"}
    example.write(
        "labels.jsonl", "\n".join(json.dumps(label | {"claim": c, "label": True}) for c in ("a", "it is polite"))
    )

    def calibrated(*flags: str) -> dict[str, Any]:
        with pytest.raises(SystemExit):
            main(["judge", "calibrate", "labels.jsonl", "--repeats", "2", "--json", *flags], prog_name="pytest-pare")
        found: dict[str, Any] = json.loads(capfd.readouterr().out)
        return found

    with ModelServer(polite) as server:
        engine = {"model_name": "m", "endpoint": server.url, "retries": 0, "timeout_seconds": 60, "seed": 3}
        example.suite(suite(engine, cassettes={}))
        recorded = calibrated("--record", "once", "--live")
    assert recorded["calls"] == len(server.requests) == 6
    assert [request.body["seed"] for request in server.requests] == [4, 4, 4, 5, 5, 5]
    assert recorded["figures"]["counts"] == {"both": 1, "only_judge": 0, "only_label": 1, "neither": 0, "unknown": 0}
    assert calibrated() == recorded
