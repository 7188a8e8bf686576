"""The log file of a run: its own records, redacted, and nothing of others."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from pytest_pare.base.run_files import file_name
from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig
from pytest_pare.simulation.multi_runner import MultiScenarioRunner
from pytest_pare.simulation.run_log import run_log
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_pare.agents.protocols import Turn

ORACLE = LLMEngineConfig(model_name="oracle", provider="oracle")
LOGGER = logging.getLogger("an_agent")
SECRET = "planted-secret-4711"


@pytest.fixture(autouse=True)
def _root_is_as_before() -> Iterator[None]:
    root = logging.getLogger()
    before = root.level, list(root.handlers), [list(handler.filters) for handler in root.handlers]
    yield
    assert (root.level, list(root.handlers), [list(handler.filters) for handler in root.handlers]) == before


def config(tmp_path: Path, **fields: Any) -> MultiScenarioRunnerConfig:
    engines = {f"{role}_engine_config": ORACLE for role in ("user", "observe", "execute")}
    settings: dict[str, Any] = {"logs_dir": str(tmp_path / "logs"), "max_turns": 2, **engines}
    return MultiScenarioRunnerConfig(**settings | fields)


class Talker:
    """An agent that logs the id of its scenario, and waits until others do the same."""

    barrier: threading.Barrier | None = None

    def __call__(self, turn: Turn) -> None:
        LOGGER.info("\x1b[32mtold by %s\x1b[0m", threading.current_thread().name)
        LOGGER.debug("a detail")
        if self.barrier is not None:
            self.barrier.wait(30)


def read(directory: str, scenario_id: str, run_number: int | None = None) -> str:
    return (Path(directory) / file_name(scenario_id, run_number, "", "log")).read_text(encoding="utf-8")


def test_each_run_has_a_file_in_the_directory_of_its_configuration(tmp_path: Path) -> None:
    one = config(tmp_path)
    MultiScenarioRunner().run(one, [Stage()], runs=2, agent_factory=Talker)
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.log"))
    directory = Path(one.build_logs_dir()).relative_to(tmp_path).as_posix()
    assert files == [f"{directory}/stage_run_1.log", f"{directory}/stage_run_2.log"]
    text = read(one.build_logs_dir(), "stage", 2)
    assert "INFO     pytest_pare.simulation.run_log: stage, run 2: begin\n" in text
    assert "INFO     an_agent: told by " in text
    assert "\x1b" not in text
    assert "a detail" not in text
    assert text.endswith("stage, run 2: success\n")
    assert "run 1" not in text


def test_no_file_if_none_is_asked_for(tmp_path: Path) -> None:
    MultiScenarioRunner().run(config(tmp_path, log_to_file=False), [Stage()], agent_factory=Talker)
    assert list(tmp_path.iterdir()) == []


def test_events_and_engine_calls_are_logged(tmp_path: Path) -> None:
    one = config(tmp_path, log_level="debug")

    def script(stage: Stage) -> list[Any]:
        return [stage.user_says("hello").delayed(1)]

    MultiScenarioRunner().run(one, [Stage(script=script)])
    text = read(one.build_logs_dir(), "stage")
    assert "user   PAREAgentUserInterface.send_message_to_agent(content='hello')" in text
    assert "DEBUG    pytest_pare.simulation.queues: +0 user engine oracle: Thought:" in text


@pytest.mark.parametrize(("own", "names"), [(True, {"user", "observe"}), (False, {""})])
def test_the_loggers_of_the_built_in_agents(tmp_path: Path, own: bool, names: set[str]) -> None:
    one = config(tmp_path, log_level="DEBUG", use_custom_logger=own)
    MultiScenarioRunner().run(one, [Stage()])
    lines = read(one.build_logs_dir(), "stage").splitlines()
    loggers = {line.split()[3].rstrip(":") for line in lines if " pytest_pare.agents" in line}
    assert loggers == {f"pytest_pare.agents.{name}".rstrip(".") for name in names}


def test_the_traceback_of_an_exception_is_a_detail(tmp_path: Path) -> None:
    def failing(turn: Turn) -> None:
        raise ValueError("out of ideas")

    for level, expected in (("INFO", False), ("DEBUG", True)):
        one = config(tmp_path, log_level=level)
        MultiScenarioRunner().run(one, [Stage()], agent_factory=lambda: failing)
        text = read(one.build_logs_dir(), "stage")
        assert "stage: failed, turn 0: " in text
        assert (
            "ValueError: out of ideas\n" in text.partition("the exception that ended it:\nTraceback")[2]
        ) == expected


@pytest.mark.parametrize("executor", ["thread", "process"])
def test_concurrent_runs_keep_their_records_apart(tmp_path: Path, executor: Literal["thread", "process"]) -> None:
    one = config(tmp_path, executor_type=executor, max_concurrent_scenarios=2)
    stages = [Stage(scenario_id="a"), Stage(scenario_id="b")]
    Talker.barrier = threading.Barrier(2) if executor == "thread" else None
    try:
        MultiScenarioRunner().run(one, stages, agent_factory=Talker)
    finally:
        Talker.barrier = None
    for own, other in (("a", "b"), ("b", "a")):
        text = read(one.build_logs_dir(), own)
        assert text.count("told by") == 1
        assert f" {own}: success" in text
        assert f" {other}: " not in text
    if executor == "thread":
        names = [
            {line.split("told by ")[1] for line in read(one.build_logs_dir(), i).splitlines() if "told" in line}
            for i in "ab"
        ]
        assert len(names[0]) == len(names[1]) == 1
        assert names[0] != names[1]


def test_a_thread_of_the_agent_logs_to_the_only_run(tmp_path: Path) -> None:
    def log_apart() -> None:
        thread = threading.Thread(target=LOGGER.warning, args=("from a thread",))
        thread.start()
        thread.join()

    with run_log(tmp_path / "one.log", "INFO"):
        log_apart()
        with run_log(tmp_path / "two.log", "INFO"):
            log_apart()
            LOGGER.info("inner")
    assert (tmp_path / "one.log").read_text().count("from a thread") == 1
    assert (tmp_path / "two.log").read_text().splitlines()[0].endswith("INFO     an_agent: inner")


def test_secrets_are_redacted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED_API_KEY", SECRET)
    with run_log(tmp_path / "one.log", "INFO"):
        LOGGER.info("the key is %s", SECRET)
        try:
            raise ValueError(SECRET)
        except ValueError:
            LOGGER.exception("it failed")
    text = (tmp_path / "one.log").read_text()
    assert SECRET not in text
    assert text.count("[redacted]") == 2
    assert "ValueError: [redacted]" in text


def test_other_handlers_get_what_they_got_without_a_file(tmp_path: Path) -> None:
    class Kept(logging.Handler):
        def __init__(self) -> None:
            super().__init__()
            self.messages: list[str] = []

        def emit(self, record: logging.LogRecord) -> None:
            self.messages.append(record.getMessage())

    root, kept, chatty = logging.getLogger(), Kept(), logging.getLogger("an_agent.chatty")
    root.addHandler(kept)
    chatty.setLevel(logging.DEBUG)
    try:
        with run_log(tmp_path / "one.log", "DEBUG"):
            LOGGER.info("below the level of the root")
            LOGGER.warning("above it")
            chatty.debug("by the level of its own logger")
        LOGGER.info("after the run")
    finally:
        root.removeHandler(kept)
        chatty.setLevel(logging.NOTSET)
    assert kept.messages == ["above it", "by the level of its own logger"]
    lines = (tmp_path / "one.log").read_text().splitlines()
    assert [line.rpartition(": ")[2] for line in lines] == ["below the level of the root", *kept.messages]


def test_a_level_that_the_agent_sets_stays(tmp_path: Path) -> None:
    root = logging.getLogger()
    before = root.level
    try:
        with run_log(tmp_path / "one.log", "INFO"):
            root.setLevel(logging.ERROR)
        assert root.level == logging.ERROR
    finally:
        root.setLevel(before)


def test_a_record_that_cannot_be_formatted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    others, root.handlers = root.handlers, []
    try:
        with run_log(tmp_path / "one.log", "INFO") as problems:
            LOGGER.info("%d apples", "no")
            LOGGER.info("and on")
    finally:
        root.handlers = others
    first, second = (tmp_path / "one.log").read_text().splitlines()
    assert first.startswith("INFO an_agent: '%d apples' (cannot be formatted: TypeError(")
    assert second.endswith("and on")
    assert problems == []
    assert capsys.readouterr() == ("", "")


def test_a_directory_that_cannot_be_made_costs_no_run(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    one = config(tmp_path)
    runs: list[Any] = []
    results = MultiScenarioRunner().run(one, [Stage()], runs=2, on_run=runs.append)
    assert results.successful_count == 2
    expected = f"cannot write logs to {one.build_logs_dir()}: Not a directory"
    assert [run.export_error for run in runs] == [expected, expected]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_costs_no_run(capsys: pytest.CaptureFixture[str]) -> None:
    with run_log(Path("/dev/full"), "INFO") as problems:
        LOGGER.info("one")
        LOGGER.info("two")
    assert problems == ["cannot write logs to /dev: No space left on device"]
    assert capsys.readouterr() == ("", "")
