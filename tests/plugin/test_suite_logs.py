"""The log files of a suite: one for each run, and nothing on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

AGENT = """
    import logging, pytest
    @pytest.fixture
    def proactive_agent():
        return lambda turn: logging.getLogger("mine").info("it is turn %d", turn.number)
"""


def logs(example: Example) -> list[str]:
    return sorted(path.relative_to(example.path).as_posix() for path in example.path.rglob("*.log"))


def test_each_run_of_a_suite_writes_a_log(example: Example) -> None:
    example.scenario("water").scenario("weed", "fail").write("conftest.py", AGENT)
    example.suite("runs: 2\nrunner: {log_to_file: true, logs_dir: out, experiment_name: nightly, max_turns: 1}")
    session = example.run("pare.yaml")
    directory = "out/nightly_user_oracle_mt_1_umi_1_omi_5_emi_10/obs_oracle_exec_oracle"
    assert logs(example) == [f"{directory}/{name}_run_{run}.log" for name in ("water", "weed") for run in (1, 2)]
    text = (example.path / directory / "weed_run_2.log").read_text(encoding="utf-8")
    assert "mine: it is turn 0\n" in text
    assert text.endswith("weed, run 2: failed, the plants are dry\n")
    assert "it is turn" not in session.out + session.err
    assert "begin" not in session.out + session.err
    assert session.outcomes() == {"passed": 2, "failed": 2}


def test_a_suite_without_the_key_writes_no_log(example: Example) -> None:
    example.scenario("water").write(
        "conftest.py",
        """
        import pytest
        from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
        @pytest.fixture
        def pare_runner_config():
            return MultiScenarioRunnerConfig(oracle=True)
        """,
    )
    assert example.run("pare.yaml").outcomes() == {"passed": 1}
    assert logs(example) == []
    assert not (example.path / "logs").exists()


def test_a_test_of_your_own_writes_logs(example: Example) -> None:
    example.scenario("water").suite("runner: {oracle: true, log_to_file: true}")
    example.write("test_own.py", "def test_it(pare):\n    assert pare.run('water', log_level='DEBUG').success")
    assert example.run("test_own.py", "-o", "pare_config=pare.yaml").outcomes() == {"passed": 1}
    (log,) = logs(example)
    assert log.startswith("logs/default_user_")
    assert "/water@test_own.py--test_it-1~" in log


def test_a_directory_that_cannot_be_written_is_one_problem(example: Example) -> None:
    example.scenario("water").suite("runs: 3\nrunner: {oracle: true, log_to_file: true}").write("logs", "a file")
    session = example.run("pare.yaml")
    (line,) = [line for line in session.summary if "cannot write logs" in line]
    assert line.startswith(f"pare: pare.yaml: cannot write logs to {example.path}/logs/default_user_")
    assert line.endswith(": Not a directory")
    assert session.outcomes() == {"passed": 3}
    assert session.code == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize(
    ("other", "is_refused"),
    [
        (", log_to_file: true", True),
        (", log_to_file: true, experiment_name: b", False),
        (", log_to_file: false", False),
    ],
)
def test_two_suites_that_write_the_same_logs(example: Example, other: str, is_refused: bool) -> None:
    example.scenario("water").suite("runner: {oracle: true, log_to_file: true}")
    example.suite(f"runner: {{oracle: true{other}}}", "b.pare.yaml")
    session = example.run("pare.yaml", "b.pare.yaml")
    assert (session.code == pytest.ExitCode.USAGE_ERROR) == is_refused
    if is_refused:
        assert "are also written by" in session.err
        assert session.err.strip().endswith("give each a directory of its own (runner.logs_dir)")


def test_a_wrong_level_is_refused(example: Example) -> None:
    session = example.scenario("water").suite("runner: {log_level: LOUD}").run("pare.yaml")
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert session.err.strip() == (
        "ERROR: pare.yaml:1: runner.log_level: must be 'DEBUG', 'INFO', 'WARNING', 'ERROR' or 'CRITICAL', got \"LOUD\""
    )
