"""Sessions that ask models: what is said before, what is looked at, and what one bad endpoint does to the others."""

from __future__ import annotations

import json
import os
import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.engines.rate_limit import VARIABLE
from pytest_pare.simulation.trace_files import read_trace
from tests.engines.model_server import WAIT, ModelServer, answers, completion, fails, hangs, sends

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

SUITE = ("--pare-config", "pare.yaml")


@pytest.fixture(autouse=True, scope="module")
def _imported() -> None:
    """A session within a test that is the first to import them would leave others of the same names behind."""
    for module in ("check", "live"):
        import_module(f"pytest_pare.engines.{module}")


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", VARIABLE):
        monkeypatch.delenv(name, raising=False)


def suite(url: str, **changes: Any) -> str:
    asked = {"model_name": "m", "endpoint": url, "retries": 0, "timeout_seconds": 3}
    runner = {"observe_engine_config": asked, "execute_engine_config": asked, "max_turns": 1}
    return json.dumps({"live": True, "runner": runner, "reports": {"json": "out.json"}} | changes)


def test_one_endpoint_that_misbehaves_harms_no_other_run(example: Example) -> None:
    import polars as pl

    example.scenario("dig").scenario("mow").scenario("rake").scenario("weed")
    replies = {"good": answers(WAIT), "down": fails(503, "down"), "mute": hangs(), "closed": fails(401, "who are you?")}
    example.write(
        "conftest.py",
        """
        import pytest

        @pytest.fixture
        def observe_engine_config(request, pare_config):
            asked = {"dig": "good", "mow": "down", "rake": "mute", "weed": "closed"}[request.node.name]
            return pare_config.runner.observe_engine_config.model_copy(update={"model_name": asked})
        """,
    )
    with ModelServer(lambda request: replies[request.body["model"]], models=["good", "m"]) as server:
        example.suite(suite(server.url, reports={"parquet": "rows.parquet"}))
        session = example.run(*SUITE)
    assert session.outcomes() == {"passed": 1, "failed": 3}
    rows = pl.read_parquet(example.path / "rows.parquet").sort("base_scenario_id").rows(named=True)
    assert [(row["exception_type"], row["exception_kind"]) for row in rows] == [
        (None, None),
        ("ProviderOutageError", "infrastructure"),
        ("EngineTimeoutError", "infrastructure"),
        ("EngineConfigurationError", "configuration"),
    ]
    assert [line.split()[1] for line in session.open_runs] == ["mow:", "rake:", "weed:"]
    assert "EXCEPTION  mow: ProviderOutageError: the provider fails (503, down), observe" in "".join(session.open_runs)
    sentence = (
        r"the key is refused \(401, who are you\?\), observe engine closed \(at http\S+/v1\); set the right key in"
    )
    assert re.search(sentence, session.words)
    assert session.has_no_traceback_of_ours()


IMPOSSIBLE = {"prompt_tokens": -40, "completion_tokens": float("nan"), "total_tokens": 1e400}


def patient_suite(url: str, engine: dict[str, Any] | None = None, **changes: Any) -> str:
    """Return a suite whose requests have time on a busy machine, with more keys of the observer's engine."""
    patient = json.loads(suite(url))["runner"]["observe_engine_config"] | {"timeout_seconds": 60}
    runner = {"observe_engine_config": patient | (engine or {}), "max_turns": 1, "observe_max_iterations": 3}
    content = json.loads(suite(url, **changes))
    content["runner"] = runner | changes.get("runner", {})
    return json.dumps(content)


def test_impossible_figures_cost_neither_report_nor_gate_nor_recording(example: Example) -> None:
    example.scenario("dig")
    with ModelServer([sends(completion(WAIT, usage=IMPOSSIBLE))]) as server:
        example.suite(patient_suite(server.url, PRICED, cassettes={"mode": "once"}))
        recorded = example.run(*SUITE)
        replayed = example.run(*SUITE, "--pare-record", "none")
    assert len(server.requests) == 1
    for session in (recorded, replayed):
        assert session.code == 0
        assert "    Cost of 1 run unknown" in session.summary
        assert session.verdict[0].startswith("gate PASS: 1 of 1 run succeeded")
    usage = json.loads((example.path / "out.json").read_text())["metadata"]["usage"]["observe"]
    assert {usage[name]["total"] for name in ("prompt_tokens", "completion_tokens", "cost")} == {None}


def test_answers_that_were_cut_are_named_in_the_report_and_in_the_trace(example: Example) -> None:
    example.scenario("dig")
    with ModelServer([answers(WAIT[:40], finish="max_tokens"), answers(WAIT)]) as server:
        session = example.suite(patient_suite(server.url, runner={"export": True})).run(*SUITE)
    assert session.code == 0
    assert "    1 answer cut at max_tokens: observe 1" in session.summary
    usage = json.loads((example.path / "out.json").read_text())["metadata"]["usage"]["observe"]
    assert usage["finish_reasons"] == {"length": 1, "stop": 1}
    trace = read_trace(example.path / "traces/dig.jsonl.gz")
    assert [call.finish_reason for call in trace.calls if call.role == "observe"] == ["length", "stop"]


PRICED = {"price": {"input": 1, "output": 4}}


@pytest.mark.parametrize("how", ["matrix", "fixture", "flag"])
def test_another_model_is_not_priced_as_the_first_one(example: Example, how: str) -> None:
    example.scenario("dig")
    matrix = {"matrix": {"small": {}, "large": {"observe_engine_config": {"model_name": "large"}}}}
    flags = ["--pare-set", "runner.observe_engine_config.model_name=large"] if how == "flag" else []
    if how == "fixture":
        example.write(
            "conftest.py",
            """
            import pytest

            @pytest.fixture(params=["m", "large"])
            def observe_engine_config(request, pare_config):
                return pare_config.runner.observe_engine_config.model_copy(update={"model_name": request.param})
            """,
        )
    with ModelServer([answers(WAIT, usage=(400, 100))], models=["m", "large"]) as server:
        example.suite(patient_suite(server.url, PRICED, **(matrix if how == "matrix" else {})))
        session = example.run(*SUITE, *flags)
    assert session.code == 0
    cost = "Cost of 1 run unknown" if how == "flag" else "Cost of 1 of 2 runs known: $0.00080"
    assert f"    {cost}" in session.summary


def test_the_header_says_who_is_asked_and_how_often(example: Example) -> None:
    example.scenario("dig").scenario("mow")
    with ModelServer([answers(WAIT)]) as server:
        secret = server.url.replace("http://", "http://me:hunter2@")
        example.suite(suite(secret, runs=3))
        session = example.run(*SUITE)
    assert session.code == 0
    assert session.header == [
        "pare.yaml, 6 runs planned (2 x 3), agent: observe-execute",
        f"live: observe, execute: m (at {server.url}), 6 runs",
        "one run at a time; --pare-concurrency 40 plays 40 at once",
    ]
    assert "hunter2" not in session.out + session.err
    assert len(server.looked) == 1


@pytest.mark.parametrize(("include", "runs", "hints"), [([], 1, 1), (["dig"], 1, 0), (["dig"], 2, 1)])
def test_no_header_advises_to_play_a_single_run_at_once(
    example: Example, include: list[str], runs: int, hints: int
) -> None:
    example.scenario("dig").scenario("mow")
    with ModelServer([answers(WAIT)]) as server:
        example.suite(suite(server.url, runs=runs, scenarios={"include": include}))
        header = example.run(*SUITE, "-x").header
    assert header.count("one run at a time; --pare-concurrency 40 plays 40 at once") == hints


@pytest.mark.parametrize(
    ("cassettes", "live", "how"),
    [
        ({}, True, "replay"),
        ({"on_drift": "rerecord"}, False, "replay"),
        ({"on_drift": "rerecord"}, True, "live"),
        ({"mode": "once"}, True, "live"),
    ],
)
def test_the_header_and_the_look_at_endpoints_know_who_may_be_asked(
    example: Example, cassettes: dict[str, str], live: bool, how: str
) -> None:
    example.scenario("dig")
    with ModelServer([answers(WAIT)], models=["n"]) as server:
        session = example.suite(suite(server.url, live=live, cassettes=cassettes)).run(*SUITE)
        assert example.run(*SUITE, "--collect-only").header[1] == f"{how}: observe, execute: m (at {server.url}), 1 run"
    assert (session.code, len(server.looked), server.requests) == ((4, 1, []) if how == "live" else (1, 0, []))


def test_a_session_that_asks_nobody_looks_nowhere(example: Example) -> None:
    example.scenario("dig")
    with ModelServer([answers(WAIT)], models=401) as server:
        example.suite(suite(server.url))
        assert example.run(*SUITE, "--pare-oracle").code == 0
        assert example.run(*SUITE, "--collect-only").code == 0
    assert server.looked == server.requests == []


def test_a_bad_endpoint_ends_the_session_in_a_line(example: Example) -> None:
    example.scenario("dig")
    example.write("out.json", "of the last session")
    with ModelServer([answers(WAIT)], models=["n"]) as server:
        session = example.suite(suite(server.url)).run(*SUITE)
    assert session.code == 4
    assert session.err.strip() == f"ERROR: m (at {server.url}): the endpoint has no such model; it has n"
    assert server.requests == []
    assert "UNFINISHED" in (example.path / "out.json").read_text()
    assert session.has_no_traceback_of_ours()


def test_a_key_that_is_not_there_ends_the_session_in_a_line(example: Example) -> None:
    example.scenario("dig")
    session = example.suite("{live: true, runner: {user_engine_config: {model_name: m, provider: openai}}}").run(*SUITE)
    assert session.code == 4
    assert session.err.strip() == "ERROR: m (openai): no key; set OPENAI_API_KEY in the environment"


def test_workers_share_the_directory_of_the_session(example: Example) -> None:
    head = "from pathlib import Path\nfrom pytest_pare.engines.rate_limit import RateLimiter, directory"
    write = """
    RateLimiter("http://service.example").acquire()
    Path(os.environ["PYTEST_XDIST_WORKER"]).write_text(str(directory()))
    return ScenarioValidationResult(success=True)
    """
    example.scenario("dig", write, head=head).scenario("mow", write, head=head)
    session = example.run(*SUITE, "-n2")
    assert session.code == 0, session.out
    directories = {Path((example.path / worker).read_text()) for worker in ("gw0", "gw1")}
    assert len(directories) == 1
    assert not directories.pop().exists()
    assert VARIABLE not in os.environ


def test_each_run_is_asked_with_a_seed_of_its_own(example: Example) -> None:
    example.scenario("mow")
    with ModelServer(lambda _: answers(WAIT), models=["m"]) as server:
        engine = {"model_name": "m", "endpoint": server.url, "retries": 0, "seed": 7}
        runner = {"observe_engine_config": engine, "execute_engine_config": engine, "max_turns": 1}
        cassettes = {"mode": "once"}
        example.suite(suite(server.url, runner=runner, runs=3, cassettes=cassettes)).run(*SUITE)
        seeds = sorted(request.body["seed"] for request in server.requests)
        # A single run has the seed itself, as has one that is numbered in no suite.
        example.run(*SUITE, "--pare-runs=1")
    assert seeds == [8, 9, 10]
    assert [request.body["seed"] for request in server.requests[3:]] == [7]
    # A recording tells what was really asked.
    recorded = [json.loads(path.read_text().splitlines()[0]) for path in example.path.glob("cassettes/*run*.jsonl")]
    assert sorted(one["ingredients"]["engines"]["observe"]["options"]["seed"] for one in recorded) == [8, 9, 10]
