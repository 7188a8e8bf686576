"""What a session prints and writes has no secrets in it, wherever they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unpacked import unpacked

if TYPE_CHECKING:
    from tests.plugin.conftest import Example, Session

SECRET = "Zq7x-open-sesame"
NO = "return ScenarioValidationResult(success=False, rationale=os.environ['SOME_API_KEY'])"


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", SECRET)


def is_clean(session: Session, example: Example) -> bool:
    files = [path for path in example.path.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc", ".yaml")]
    leaks = [path.name for path in files if SECRET.encode() in unpacked(path)]
    assert leaks == []
    return SECRET not in session.out + session.err


@pytest.mark.parametrize("validate", ["success=False, rationale", "exception=ValueError", "print"])
def test_a_verdict_an_exception_and_what_is_printed(example: Example, validate: str) -> None:
    body = {
        "success=False, rationale": NO,
        "exception=ValueError": "raise ValueError(os.environ['SOME_API_KEY'])",
        "print": "print(os.environ['SOME_API_KEY']); raise KeyError('no')",
    }[validate]
    example.scenario("plants", body).suite("reports: {json: report.json, parquet: report.parquet}\n")
    session = example.run("--pare-config", "pare.yaml", "--junitxml", "junit.xml", "-rA")
    assert session.outcomes() == {"failed": 1}
    assert "[redacted]" in session.out
    assert is_clean(session, example)
    assert (example.path / "junit.xml").exists()


@pytest.mark.parametrize("padding", range(30, 130, 7))
def test_an_argument_that_is_cut(padding: int) -> None:
    from pytest_pare.base.serialization import type_and_value
    from pytest_pare.scenarios.matchers.texts import short as of_checks
    from pytest_pare.simulation.trace_entries import _short as of_trace

    text = "x" * padding + SECRET + "y" * 150
    for shorten in (of_checks, of_trace, type_and_value):
        assert SECRET[:3] not in shorten(text)
        assert len(shorten(text)) < 130


def test_a_fixture_that_fails(example: Example) -> None:
    example.scenario("plants").write(
        "conftest.py",
        """
        import os
        import pytest
        @pytest.fixture
        def proactive_agent():
            raise OSError("cannot log in with " + os.environ["SOME_API_KEY"])
        """,
    )
    session = example.run("--pare-config", "pare.yaml")
    assert "cannot log in with [redacted]" in session.out
    assert is_clean(session, example)


def test_a_module_that_cannot_be_imported(example: Example) -> None:
    example.scenario("plants").write("scenarios/bad.py", "import os\nraise OSError(os.environ['SOME_API_KEY'])\n")
    session = example.run("--pare-config", "pare.yaml")
    assert "OSError: [redacted]" in session.out
    assert is_clean(session, example)


def test_a_warning(example: Example) -> None:
    events = """
        def build_events_flow(self):
            with EventRegisterer.capture_mode():
                self.events = [self.agent_ui.send_message_to_agent(content="x").delayed(1)]
            def fail(*args, **kwargs):
                raise ValueError(os.environ["SOME_API_KEY"])
            self.agent_ui._send_message_to_agent = fail
            self.events[0].action.function = fail
        """
    example.scenario("plants", methods=events).suite("scenarios: {script_errors: warn}\n")
    session = example.run("--pare-config", "pare.yaml")
    assert "PAREScriptWarning: plants: " in session.out
    assert "ValueError: [redacted]" in session.out
    assert is_clean(session, example)


def test_what_a_flag_sets_and_what_is_wrong_with_it(example: Example) -> None:
    example.scenario("plants")
    url = f"https://me:{SECRET}@host/v1"
    engine = "runner.user_engine_config"
    header = example.run(
        *("--pare-config", "pare.yaml", "--pare-oracle"),
        *("--pare-set", f"{engine}={{model_name: m, endpoint: '{url}'}}", "--pare-set", f"{engine}.endpoint={url}"),
    )
    assert f"pare: {engine} = {{'model_name': 'm', 'endpoint': 'https://me:[redacted]@host/v1'}}" in header.out
    assert f"pare: {engine}.endpoint = https://me:[redacted]@host/v1 (from --pare-set)" in header.out
    assert is_clean(header, example)
    wrong = example.run("--pare-config", "pare.yaml", "--pare-set", f"runs={SECRET}")
    assert (wrong.code, is_clean(wrong, example)) == (4, True)
    assert 'runs: must be a whole number, got "[redacted]"' in wrong.err


def test_a_test_of_ones_own(example: Example) -> None:
    example.scenario("plants", NO)
    example.write("test_own.py", "def test_it(pare):\n    assert pare.run('plants').result.rationale == ''\n")
    session = example.run("--pare-config", "pare.yaml", "test_own.py")
    assert session.outcomes() == {"failed": 2}
    assert "[redacted]" in session.out
    assert is_clean(session, example)
