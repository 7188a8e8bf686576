"""Sessions with a budget."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from pytest_pare.ledger.lines import open_runs
from pytest_pare.ledger.reader import read_ledger
from pytest_pare.plugin import run_control

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

SUITE = ("--pare-config", "pare.yaml")


@pytest.fixture
def costly(example: Example, monkeypatch: pytest.MonkeyPatch) -> Example:
    """Six scenarios, each with one run of 30 cents and 1,000 tokens."""
    monkeypatch.setattr(run_control, "use_of", lambda results: {"usd": 0.3, "tokens": 1000.0, "seconds": 0.0})
    for number in range(6):
        example.scenario(f"s{number}")
    return example.suite("reports: {json: out.json}")


def test_no_run_is_started_beyond_the_budget(costly: Example) -> None:
    costly.write("test_own.py", "def test_it(): pass")
    session = costly.run(*SUITE, "test_own.py", "--pare-budget=1usd", "--pare-min-success-rate=0.5", "-rs")
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.outcomes() == {"passed": 4, "skipped": 3}
    assert session.open_runs == ["NO RESULT  3 runs: budget of $1.00 reached"]
    assert session.verdict[:2] == [
        "gate FAIL: 3 of 6 runs succeeded (50.0 %), 50.0 % needed: 3 no result",
        "cannot pass: 3 runs have no result",
    ]
    assert "pare: budget: $0.90 of $1.00 used by 3 runs" in session.out
    assert json.loads((costly.path / "out.json").read_text())["gate"]["counts"]["no_result"] == 3


def test_a_budget_that_is_not_reached_changes_nothing(costly: Example) -> None:
    session = costly.run(*SUITE, "--pare-budget=2usd", "--pare-budget=1mtok", "--pare-budget=1h", "-pno:xdist")
    assert session.code == pytest.ExitCode.OK
    assert session.outcomes() == {"passed": 6}
    assert "pare: budget: $1.80 of $2.00 used by 6 runs" in session.out
    assert "pare: budget: 6,000 tokens of 1,000,000 tokens used by 6 runs" in session.out


def test_workers_start_no_run_beyond_the_budget(costly: Example) -> None:
    session = costly.run(*SUITE, "-n2", "--pare-budget=2ktok")
    assert session.code == pytest.ExitCode.TESTS_FAILED
    started = session.outcomes()["passed"]
    assert session.outcomes() == {"passed": started, "skipped": 6 - started}
    # Two runs begin before the first one shows what they use.
    assert started == 2
    assert session.open_runs == ["NO RESULT  4 runs: budget of 2,000 tokens reached"]
    assert re.search("pare: budget: 2,000 tokens of 2,000 tokens used by 2 runs$", session.out, re.MULTILINE)


def test_a_resumed_session_uses_the_budget_for_what_it_plays(costly: Example) -> None:
    stopped = costly.run(*SUITE, "--pare-budget=1usd")
    assert stopped.outcomes() == {"passed": 3, "skipped": 3}
    (path,) = (costly.path / ".pare/runs").glob("*.jsonl")
    ledger = read_ledger(path)
    assert [line for _, line in open_runs(ledger.results) if line] == stopped.open_runs
    session = costly.run(*SUITE, "--pare-budget=1usd", "--pare-resume")
    assert session.code == pytest.ExitCode.OK
    assert session.outcomes() == {"passed": 6}
    assert "pare: budget: $0.90 of $1.00 used by 3 runs" in session.out


def test_real_time(example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def use_of(results: object) -> dict[str, float]:
        now[0] += 3
        return {"usd": 0.0, "tokens": 0.0, "seconds": 3.0}

    # A run takes 3 s of this clock, and nothing else does.
    monkeypatch.setattr(run_control, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(run_control, "use_of", use_of)
    session = example.scenario("a").scenario("b").run(*SUITE, "--pare-budget=2s")
    assert session.outcomes() == {"passed": 1, "skipped": 1}
    assert session.open_runs == ["NO RESULT  b: budget of 2 s reached"]
    assert "pare: budget: 3 s of 2 s used by 1 run; overshoot 1 s" in session.out


def test_a_run_without_a_result_and_a_skipped_one(example: Example) -> None:
    example.scenario("a", marks="@pytest.mark.skip(reason='no saw')").scenario("c")
    example.scenario("b", marks="@pytest.mark.usefixtures('spade')")
    session = example.run(*SUITE, "--pare-budget=1usd")
    assert session.outcomes() == {"passed": 1, "skipped": 1, "errors": 1}
    assert "pare: budget: $0.00 of $1.00 used by 2 runs" in session.out


def test_an_unknown_cost_stops_the_session(costly: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_control, "use_of", lambda results: {"usd": None, "tokens": 1.0, "seconds": 0.0})
    session = costly.run(*SUITE, "--pare-budget=5usd")
    assert session.outcomes() == {"passed": 1, "skipped": 5}
    assert session.open_runs == ["NO RESULT  5 runs: budget of $5.00 cannot be kept: the cost of a run is unknown"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--pare-budget=5eur"],
            "--pare-budget: must be a number and one of usd, tok, ktok, mtok, s, min, h, such as 5usd, 200ktok or "
            "10min, got '5eur'",
        ),
        (["--pare-budget=0usd"], "--pare-budget: must be more than 0, such as 5usd, 200ktok or 10min, got '0usd'"),
        (
            ["--pare-budget=90s", "--pare-budget=2min"],
            "--pare-budget: limits seconds twice: 1.5 min and 2 min; leave one",
        ),
        (
            ["--pare-budget=5usd", "--dist=worksteal", "--tx=2*popen"],
            "--dist worksteal: --pare-budget needs --dist load, which is the default of -n; leave --dist out",
        ),
    ],
)
def test_wrong_budgets(example: Example, flags: list[str], message: str) -> None:
    session = example.scenario("a").run(*SUITE, *flags)
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: {message}" in session.err
    assert session.has_no_traceback_of_ours()


LIVE = """
    live: true
    runner:
      user_engine_config: {model_name: m, provider: groq, price: {input: 1, output: 1}}
      observe_engine_config: {model_name: m, provider: PROVIDER}
"""


@pytest.mark.parametrize("provider", ["groq", "hosted_vllm, endpoint: 'http://localhost:9'"])
def test_dollars_need_a_price(example: Example, provider: str) -> None:
    example.scenario("a").suite(LIVE.replace("PROVIDER", provider))
    session = example.run(*SUITE, "--pare-budget=5usd")
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert "pare.yaml:" in session.err
    assert "runner.observe_engine_config.price: no list has the price of m" in session.err
    assert "and --pare-budget in usd needs it; set it here" in session.err
    # Nothing is refused that calls no model.
    assert example.run(*SUITE, "--pare-budget=5usd", "--pare-oracle").code == pytest.ExitCode.OK


def test_a_budget_needs_a_suite(example: Example) -> None:
    (example.path / "pare.yaml").unlink()
    session = example.run("--pare-budget=5usd")
    assert "ERROR: --pare-budget changes a suite, and there is none; add --pare-config FILE" in session.err
