"""What a worker compares with the controller, and what it sends: without sessions."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.engines.cassette_spec import CassetteSpec
from pytest_pare.engines.rate_limit import VARIABLE, RateLimiter
from pytest_pare.plugin import sent_files, session_files, watchdog
from pytest_pare.plugin.checkout import Checkout, differences
from pytest_pare.plugin.hosts import without_values
from pytest_pare.results.validation_result import PAREScenarioValidationResult
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.settings import load_suite

if TYPE_CHECKING:
    from pytest_pare.settings import Suite

SUITE = """\
scenarios: {paths: [garden]}
runner: {agent_type: "tools.agents:best"}
cassettes: {}
gate: {min_success_rate: 0.5}
"""
FILES = {
    "garden/mow.py": "from tools import blades\n",
    "garden/_hidden.py": "",
    "tools/__init__.py": "",
    "tools/blades.py": "import os\n",
    "tools/agents.py": "import prompts\n",
    "prompts.py": "TEXT = 'x'\n",
    "unused.py": "",
    "conftest.py": "",
    "cassettes/mow.jsonl": "{}\n",
}


def checkout(root: Path, monkeypatch: pytest.MonkeyPatch, **changed: str | None) -> Checkout:
    """Return the state of a project, in which some files have another content or are missing."""
    for name, text in {**FILES, "pare.yaml": SUITE, **changed}.items():
        if text is not None:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
    monkeypatch.syspath_prepend(str(root))
    suite: Suite = load_suite(root / "pare.yaml", [])
    return Checkout(**json.loads(json.dumps(asdict(Checkout.of({"pare.yaml": suite}, root)))))


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("pare.yaml", SUITE, ""),
        ("pare.yaml", SUITE.replace("0.5", "0.9"), ""),
        ("unused.py", "x = 1\n", ""),
        ("garden/_hidden.py", "x = 1\n", ""),
        ("pare.yaml", f"{SUITE}runs: 2\n", "pare.yaml: runs: expected 1, got 2"),
        (
            "pare.yaml",
            f"{SUITE}noise: {{tool_slow: {{rate: 0.2}}}}\n",
            "pare.yaml: noise.tool_slow.rate: expected 0.0, got 0.2",
        ),
        ("garden/mow.py", "x = 1\n", "garden/mow.py: expected "),
        ("garden/rake.py", "x = 1\n", "garden/rake.py: expected no file, got "),
        ("garden/mow.py", None, "garden/mow.py: expected "),
        ("tools/blades.py", "x = 1\n", "tools/blades.py: expected "),
        ("prompts.py", "TEXT = 'y'\n", "prompts.py: expected "),
        ("conftest.py", "x = 1\n", "conftest.py: expected "),
        ("cassettes/mow.jsonl", "{}\n\n", "cassettes/mow.jsonl: expected "),
        ("cassettes/mow.jsonl", None, ", got no file"),
    ],
)
def test_what_differs_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str | None, expected: str
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    wanted = checkout(here, monkeypatch)
    found = differences(wanted, checkout(there, monkeypatch, **{name: text}), there)
    assert [expected in one for one in found] == [True] * bool(expected), found


def test_a_module_that_only_one_path_leads_to_is_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = checkout(tmp_path, monkeypatch)
    assert {"prompts.py", "tools/blades.py", "tools/agents.py"} <= here.imported.keys()
    # A conftest.py is loaded wherever it is.
    conftest = {"conftest.py": here.imported["conftest.py"]}
    without = Checkout(here.versions, here.settings, here.files, conftest)
    assert differences(here, without, tmp_path) == differences(without, here, tmp_path) == []


def test_versions_are_compared() -> None:
    expected = Checkout({"python": "3.11", "pytest-pare": "1.0"})
    got = Checkout({"python": "3.12", "litellm": "1.0", "pytest-pare": "1.0"})
    assert differences(expected, got, Path()) == [
        "litellm: expected version none, got 1.0", "python: expected version 3.11, got 3.12",
    ]  # fmt: skip
    assert differences(Checkout({}), got, Path()) == []


def test_where_a_run_hangs_is_sent_before_its_process_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, str]] = []
    ended: list[int] = []
    monkeypatch.setattr(watchdog.os, "_exit", ended.append)  # type: ignore[attr-defined]
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    session_files.send_session_files(sent.append)
    # More threads than `faulthandler` shows, all of them newer than that of the run.
    is_over = threading.Event()
    others = [threading.Thread(target=is_over.wait) for _ in range(120)]
    for thread in others:
        thread.start()
    try:
        path = watchdog._path("pare.yaml::dig")
        with path.open("w", encoding="utf-8") as file:
            print(9, file=file, flush=True)
            watchdog._send_and_end(file, path, threading.get_ident())
    finally:
        session_files.send_session_files(None)
        is_over.set()
        for thread in others:
            thread.join()
    assert ended == [1]
    path.unlink()
    session_files.receive(*sent[0])
    assert f"{Path(__file__).name}:" in str(watchdog.why_ended("pare.yaml::dig"))


def test_a_worker_writes_only_what_belongs_to_the_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "session"))
    (tmp_path / "session").mkdir()
    for name in ("../never-ended-0123456789abcdef", "token", "sources-0123456789abcdef"):
        session_files.receive(name, "x")
    root = tmp_path / "project"
    report = pytest.TestReport("pare.yaml::dig", ("", None, ""), {}, "passed", None, "call")
    files = [(str(root / "traces/a.jsonl"), b"a"), (str(root / "../b.jsonl"), b"b"), ("/etc/c", b"c")]
    vars(report)["pare_files"] = files
    problems = sent_files.write_received(report, [root])
    assert [problem.partition(":")[0] for problem in problems] == [str(tmp_path / "b.jsonl"), "/etc/c"]
    assert not hasattr(report, "pare_files")
    written = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert written == ["project/traces/a.jsonl", "session/sources-0123456789abcdef"]


def test_a_worker_sends_what_a_run_has_written(tmp_path: Path) -> None:
    (tmp_path / "pare.yaml").touch()
    suite = load_suite(tmp_path / "pare.yaml")
    config = MultiScenarioRunnerConfig(log_to_file=True)
    logs = suite.logs_dir(config)
    assert logs is not None
    files = {tmp_path / "traces/dig.jsonl": b"t", tmp_path / "cassettes/dig.jsonl": b"c", logs / "dig.log": b"l"}
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    trace, cassette, log = files
    result = PAREScenarioValidationResult(success=True, export_path=str(trace))
    run: Any = SimpleNamespace(result=result, trace=SimpleNamespace(scenario_id="dig", run_number=None))
    report = pytest.TestReport("pare.yaml::dig", ("", None, ""), {}, "passed", None, "call")
    sent_files.send_from(tmp_path, "/srv/garden")
    try:
        for mode in ("once", "none"):
            sent_files.send_files_of_run(run, suite, config, CassetteSpec(cassette, mode), "")
            sent_files.FileSender.pytest_runtest_logreport(report)
            sent = vars(report).pop("pare_files")
            names = [trace, log, *([cassette] if mode == "once" else [])]
            assert sent == [(f"/srv/garden/{path.relative_to(tmp_path)}", files[path]) for path in names]
        assert sent_files.path_on_controller("/data/x") == "/data/x"
    finally:
        sent_files.send_nothing()
    sent_files.send_files_of_run(run, suite, config, None, "")
    sent_files.FileSender.pytest_runtest_logreport(report)
    assert not hasattr(report, "pare_files")


def test_two_machines_do_not_compare_their_clocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even in one directory, such as one that both have mounted and whose name both have inherited."""
    from pytest_pare.engines import rate_limit

    monkeypatch.setenv(VARIABLE, str(tmp_path))
    here = RateLimiter("https://model", now=lambda: 5000.0)
    here.rate_limited(5000.0, pause=60.0)
    assert RateLimiter("https://model", now=lambda: 5000.0).acquire() > 0
    monkeypatch.setattr("platform.node", lambda: "another")
    rate_limit._machine.cache_clear()
    try:
        assert RateLimiter("https://model", now=lambda: 7.0).acquire() == 0.0
    finally:
        rate_limit._machine.cache_clear()


def test_a_spec_is_shown_without_the_values_of_variables() -> None:
    spec = "2*popen//env:KEY=a/b=c//env:NAME=x//chdir=/tmp"
    assert without_values(spec) == "2*popen//env:KEY=[redacted]//env:NAME=[redacted]//chdir=/tmp"
