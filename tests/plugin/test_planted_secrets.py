"""Secrets that are planted in every place that a session reads are in nothing that it prints, writes or shows."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from pytest_pare.results.validation_result import PAREScenarioValidationResult
from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig, NoiseConfig
from pytest_pare.settings import Override, RunnerSettings, SuiteSettings, Variant, load_suite
from pytest_pare.simulation.runner import Run
from pytest_pare.simulation.trace import EngineCall, Trace, TraceEvent
from tests.agents.programs import PROGRAMS
from tests.engines.model_server import WAIT, ModelServer, answers
from tests.page.pages import read_page
from tests.unpacked import unpacked

if TYPE_CHECKING:
    from tests.plugin.conftest import Example, Session

PLANTED = {
    "environment": "Zq7x-in-environment",
    "endpoint": "Zq7x-in-endpoint",
    "header": "Zq7x-in-header",
    "cookie": "Zq7x-in-cookie",
    "scenario": "Zq7x-in-scenario",
    "worker": "Zq7x-in-worker",
    "upstream": "Zq7x-in-upstream",
    "program": "Zq7x-in-program",
    "passed": "Zq7x-in-passed",
    # The tokens of the endpoints
    "token": "pare_token_",
}
# What scenarios and the model say.
TEXT = (
    f"it sent {{'X-House-Token': '{PLANTED['header']}'}}, X-House-Token: {PLANTED['header']}, Cookie: "
    f"session={PLANTED['cookie']}; theme=dark, api_key={PLANTED['scenario']} and "
)
SCENARIO = f"""
def build_events_flow(self):
    with EventRegisterer.capture_mode():
        self.events = [self.agent_ui.send_message_to_agent(content={TEXT!r} + os.environ["SOME_API_KEY"]).delayed(1)]
"""
# What other plugins look at.
CONFTEST = """
import os
import pytest

@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item):
    spec = getattr(item, "callspec", None)
    seen = [item, item.name, item.nodeid, item.obj, item.user_properties, item.funcargs, item.parent, vars(item.parent)]
    seen += [spec.params, spec.id] if spec else []
    seen += [value for value in item.funcargs.values()] + [str(value) for value in item.funcargs.values()]
    with open(f"seen-{os.getpid()}.txt", "a") as file:
        print(*map(repr, seen), sep="\\n", file=file)
"""
OWN_TEST = """
import pytest
def test_a_run(pare):
    run = pare.run("water", export=True)
    assert run.result.rationale == str(run.trace.events), repr(run)
def test_the_settings(pare_config, pare_runner_config, pare_variant, user_engine_config, observe_engine_config):
    assert [pare_config, pare_runner_config, pare_variant, user_engine_config] == observe_engine_config
"""
FLAGS = (
    *("--pare-config", "pare.yaml", "test_own.py", "--junitxml", "junit.xml"),
    *("-v", "-rA", "-l", "--tb=long", "--setup-show", "--pare-record=all", "--pare-live"),
)


def leaks(session: Session, example: Example) -> list[str]:
    """Return which secrets are where."""
    sources = {"pare.yaml", "conftest.py", "water.py", "mow.py", "test_own.py"}
    files = [path for path in example.path.rglob("*") if path.is_file() and path.name not in sources]
    texts = {path.name: unpacked(path) for path in files if path.suffix != ".pyc"}
    for page in example.path.glob("page.html"):
        packed = read_page(page.read_text()).documents()
        texts |= {f"document {number}": text.encode() for number, text in enumerate(packed)}
    texts |= {"out": session.out.encode(), "err": session.err.encode()}
    return [
        f"{secret} in {name}" for name, text in texts.items() for secret in PLANTED.values() if secret.encode() in text
    ]


@pytest.fixture
def planted(example: Example, monkeypatch: pytest.MonkeyPatch) -> Example:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SOME_API_KEY", PLANTED["environment"])
    code = f"return ScenarioValidationResult(success=False, rationale={TEXT!r} + os.environ['SOME_API_KEY'])"
    example.scenario("water", code, methods=SCENARIO)
    example.scenario("mow", f"print({TEXT!r}); raise OSError({TEXT!r} + os.environ['SOME_API_KEY'])")
    return example.write("conftest.py", CONFTEST).write("test_own.py", OWN_TEST)


def suite(server: ModelServer) -> str:
    url = server.url.replace("http://", f"http://me:{PLANTED['endpoint']}@")
    engine: dict[str, Any] = {"model_name": "m", "endpoint": url, "retries": 0}
    return json.dumps(
        {
            "live": True,
            "runner": {
                "observe_engine_config": engine,
                "execute_engine_config": engine,
                "export": True,
                "max_turns": 1,
            },
            "matrix": {"calm": {}, "late": {"noise": {"event_late": {"rate": 1}}}},
            "cassettes": {},
            "reports": {"json": "out.json", "parquet": "rows.parquet", "html": "page.html"},
        }
    )


@pytest.mark.parametrize("workers", [["-n0"], ["--dist=load", f"--tx=2*popen//env:GATE={PLANTED['worker']}//nice=0"]])
def test_a_session(planted: Example, workers: list[str]) -> None:
    said = answers(WAIT.replace("Nothing.", f"{TEXT} {PLANTED['environment']}"))
    with ModelServer([said]) as server:
        session = planted.suite(suite(server)).run(*FLAGS, *workers)
    assert session.outcomes()["failed"] == 6, session.out
    assert len(server.requests) > 0
    names = {path.name for path in planted.path.rglob("*")}
    assert {"out.json", "rows.parquet", "page.html", "junit.xml", "traces", "cassettes"} <= names
    assert len(read_page((planted.path / "page.html").read_text()).documents()) == 4
    seen = "".join(path.read_text() for path in planted.path.glob("seen-*.txt"))
    assert "{'pare_variant': 'late'}" in seen
    assert "'pare_variant': Variant('late')" in seen
    assert "LLMEngineConfig(model_name='m', endpoint=..., retries=0)" in seen
    assert leaks(session, planted) == []
    assert session.out.count("[redacted]") > 20
    if workers != ["-n0"]:
        return
    for flags in (["--collect-only", "-q"], ["--collect-only", "-v"], ["--setup-plan"], ["--pare-record=none"]):
        assert leaks(planted.run(*FLAGS, *flags, "-n0"), planted) == []


def test_messages_of_what_is_wrong(planted: Example) -> None:
    secret = PLANTED["environment"]
    for flags in (
        ["-k", f"water and not {secret}"],
        ["--pare-set", f"scenarios.include=[{secret}]"],
        ["--pare-sweep", f"runner.max_turns={secret},1"],
        ["--pare-split", secret],
        ["--pare-config", f"{secret}.yaml"],
        ["--pare-set", f"reports.json=/dev/null/{secret}/out.json", "--pare-set", f"runner.user_model_alias={secret}"],
    ):
        session = planted.run("--pare-config", "pare.yaml", *flags)
        assert leaks(session, planted) == [], flags


def test_what_settings_show_is_short_and_has_no_secrets(planted: Example) -> None:
    secret = PLANTED["environment"]
    engine = LLMEngineConfig(
        model_name=secret,
        endpoint=f"https://me:{PLANTED['endpoint']}@h/{PLANTED['header']}",
        answers=[PLANTED["scenario"]],
    )
    runner = RunnerSettings(user_engine_config=engine, agent_type="null", max_turns=3, oracle=True)
    settings = SuiteSettings(
        runs=2, runner=runner, noise=NoiseConfig(data=secret), matrix={"a": {"output_dir": secret}}
    )
    planted.suite(f"runner: {{oracle: true, output_dir: {secret}}}")
    override = Override("runner.user_engine_config", {"model_name": "m", "endpoint": PLANTED["endpoint"]}, "-o")
    read = load_suite(planted.path / "pare.yaml", [override])
    for value, expected in [
        (engine, "LLMEngineConfig(model_name='[redacted]', endpoint=..., answers=...)"),
        (
            runner,
            "RunnerSettings(user_engine_config=LLMEngineConfig(...), agent_type='null', oracle=True, max_turns=3)",
        ),
        (settings, "SuiteSettings(runs=2, runner=RunnerSettings(...), noise=NoiseConfig(...), matrix=...)"),
        (override, "Override(key='runner.user_engine_config', source='-o', base_dir=None)"),
        (read, f"Suite(path={planted.path / 'pare.yaml'!r})"),
        (read.document, "Document(problems=(), empty=())"),
        (Variant("a", settings), "Variant('a')"),
    ]:
        assert repr(value) == expected


def test_errors_of_settings_do_not_show_what_was_given() -> None:
    given: list[tuple[type[BaseModel], dict[str, Any]]] = [
        (LLMEngineConfig, {"model_name": "m", "endpoint": f"http://me:{PLANTED['endpoint']}@h", "seed": "x"}),
        (MultiScenarioRunnerConfig, {"max_turns": PLANTED["endpoint"]}),
        (SuiteSettings, {"runs": PLANTED["endpoint"]}),
    ]
    for model, values in given:
        with pytest.raises(ValueError, match="valid integer") as caught:
            model(**values)
        assert PLANTED["endpoint"] not in str(caught.value)


def test_a_run_shows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", 'it\'s "Zq7x"')
    said = f'{TEXT}it\'s "Zq7x"'
    event = TraceEvent(0.0, "USER", "e1", "Emails", "StatefulEmailApp", "send", {"content": said}, said, None)
    call = EngineCall(0.0, 0, "user", "m", "f", said, 1.0)
    result = PAREScenarioValidationResult(success=False, rationale=said, exception=OSError(said))
    shown = repr([event, call, result, Run(result, Trace("water", 0.0, (event, call)), warnings=(said,))])
    assert "Zq7x" not in shown
    assert "Trace('water', 2 entries)" in shown


@pytest.mark.parametrize("fault", ["none", "fails", "prints"])
def test_a_program_and_its_model(planted: Example, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    for name, place in (("OTHER_TOKEN", "passed"), ("OPENAI_API_KEY", "upstream")):
        monkeypatch.setenv(name, PLANTED[place])
    agent = {
        "command": [sys.executable, "-S", "-E", "leaking.py", fault],
        "cwd": str(PROGRAMS),
        "env": {"MY_API_KEY": PLANTED["program"]},
        "pass_env": ["OTHER_TOKEN"],
    }
    said = answers(" ".join(PLANTED[place] for place in ("environment", "upstream", "program", "passed")))
    with ModelServer([said], models=["m-2025-01-01"]) as server:
        engine = {"model_name": "m-2025-01-01", "endpoint": server.url, "retries": 0}
        runner = {"agent": agent, "agent_engine_config": engine, "max_turns": 2, "export": True, "log_to_file": True}
        reports = {"json": "out.json", "markdown": "out.md", "parquet": "rows.parquet"}
        selected = {"bundled": True, "include": ["new_number"]}
        document = {"scenarios": selected, "runner": {**runner, "log_level": "DEBUG"}}
        planted.suite(json.dumps({**document, "cassettes": {}, "reports": reports}))
        flags = ("--pare-config=pare.yaml", "--junitxml=junit.xml", "-rA", "-l", "--tb=long", "--log-cli-level=DEBUG")
        recorded = planted.run(*flags, "--pare-record=once", "--pare-live")
        assert server.requests[0].headers["authorization"].endswith(PLANTED["upstream"])
        assert PLANTED["program"] in str(server.requests[0].body)
    assert leaks(recorded, planted) == []
    assert recorded.outcomes() == {"failed": 1}
    assert recorded.out.count("[redacted]") > 20
    kind = "ProgramError" if fault == "prints" else "[redacted]" if fault == "fails" else "no proposal mentions"
    assert kind in recorded.out.partition("= FAILURES =")[2]
    monkeypatch.delenv("OPENAI_API_KEY")
    assert leaks(planted.run(*flags), planted) == []
