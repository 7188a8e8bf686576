"""Values in files that people write: what is ambiguous, empty, said twice or a reference is never taken for another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

SUITE = ("--pare-config", "pare.yaml")
SEARCH = """
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulEmailApp
from pytest_pare.scenarios import PAREScenario, register_scenario

@register_scenario("errand")
class Errand(PAREScenario):
    def init_and_populate_apps(self, *args, **kwargs):
        self.apps = [PAREAgentUserInterface(), HomeScreenSystemApp(name="System"), StatefulEmailApp(name="Emails")]

    def build_events_flow(self):
        self.events = []

    def validate(self, env):
        log = env.event_log.list_view()
        got = [event.get_args()["query"] for event in log if event.function_name() == "search_emails"]
        return ScenarioValidationResult(success=got == ["No", "10:30", "0123"], rationale=f"got {got}")
"""
SCRIPTED = """
runner:
  max_turns: 1
  observe_max_iterations: 3
  observe_engine_config: {model_name: scripted, provider: scripted, answers: answers.yaml}
"""


def test_a_duplicate_key_in_scripted_answers(example: Example) -> None:
    example.write("scenarios/errand.py", SEARCH).suite(SCRIPTED).write(
        "answers.yaml",
        """\
        errand:
          - {action: Emails__search_emails, action_input: {query: first}}
        errand:
          - {action: Emails__search_emails, action_input: {query: second, query: third}}
        """,
    )
    session = example.run(*SUITE)
    assert session.code == pytest.ExitCode.USAGE_ERROR
    place = f"pare.yaml:5: runner.observe_engine_config.answers: {example.path}/answers.yaml"
    assert session.err == (
        f"ERROR: {place}:3: errand: duplicate key, already set in line 1\n"
        f"{place}:4: errand[0].action_input.query: duplicate key, already set in line 4\n"
    )


def test_scripted_answers_reach_a_tool_as_they_are_written(example: Example) -> None:
    example.write("scenarios/errand.py", SEARCH).suite(SCRIPTED).write(
        "answers.yaml",
        """\
        errand:
          - {action: Emails__search_emails, action_input: {query: No}}
          - {action: Emails__search_emails, action_input: {query: 10:30}}
          - {action: Emails__search_emails, action_input: {query: 0123}}
        """,
    )
    assert example.run(*SUITE).outcomes() == {"passed": 1}


def test_scripted_answers_in_the_suite_have_lines(example: Example) -> None:
    example.scenario("water").suite(
        """\
        runner:
          user_engine_config:
            model_name: scripted
            provider: scripted
            answers:
              water:
                - {action: wait}
                - {action: wait, thoughts: x}
                - {action: wait, action_input: {x: }}
        """
    )
    session = example.run(*SUITE)
    assert session.code == pytest.ExitCode.USAGE_ERROR
    key = "runner.user_engine_config.answers.water"
    assert f"pare.yaml:9: {key}[2].action_input.x: is empty; write null for nothing" in session.err
    example.suite((example.path / "pare.yaml").read_text(encoding="utf-8").replace("{x: }", "{x: 1}"))
    assert f"pare.yaml:8: {key}[1].thoughts: unknown key thoughts; an answer must be" in example.run(*SUITE).err


def test_a_duplicate_key_in_noise_data(example: Example) -> None:
    example.scenario("water").suite("noise: {data: noise.json}").write("noise.json", '{"apps": [],\n"apps": []}')
    session = example.run(*SUITE)
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert session.err == (
        f"ERROR: pare.yaml:1: noise.data: {example.path}/noise.json:2: apps: duplicate key, already set in line 1\n"
    )


@pytest.mark.parametrize(
    ("text", "flags", "messages"),
    [
        (
            "runs: 010\nrunner: {timeout_seconds: 0600, generation_seconds: 1:30, agent_type: 'null'}",
            [],
            [
                'pare.yaml:1: runs: must be a whole number, got "010"; write 10: '
                "a leading zero means octal in YAML 1.1",
                'pare.yaml:2: runner.generation_seconds: must be a number, got "1:30"; write 90: '
                "colons mean base 60 in YAML 1.1",
                'pare.yaml:2: runner.timeout_seconds: must be a whole number, got "0600"; write 600: '
                "a leading zero means octal in YAML 1.1",
            ],
        ),
        (
            "",
            ["--pare-set", "runs=010"],
            ['--pare-set: runs: must be a whole number, got "010"; write 10: a leading zero means octal in YAML 1.1'],
        ),
        (
            "",
            ["--pare-sweep", "runner.max_turns=1,010"],
            [
                '--pare-sweep: sweep.runner.max_turns[1]: must be a number, got "010"; write 10: '
                "a leading zero means octal in YAML 1.1"
            ],
        ),
        (
            "runs:\nlive:\nrunner: {agent_type: , timeout_seconds: 60}",
            [],
            [
                "pare.yaml:1: runs: must be a whole number, got nothing",
                "pare.yaml:2: live: must be true or false, got nothing",
                "pare.yaml:3: runner.agent_type: must be text, got nothing",
            ],
        ),
        ("runs: 10", ["--pare-set", "runs="], ["--pare-set: runs: must be a whole number, got nothing"]),
        (
            "\nreports: {json: '${CI_REPORTS}/pare.json'}",
            [],
            [
                "pare.yaml:2: reports.json: has the reference ${CI_REPORTS}, which is not replaced; write its value, "
                "or leave the key out and add --pare-set KEY=VALUE"
            ],
        ),
        (
            "",
            ["--pare-split", "$SPLIT"],
            [
                "--pare-split: scenarios.split: has the reference $SPLIT, which is not replaced; write its value, or "
                "leave the key out and add --pare-set KEY=VALUE"
            ],
        ),
    ],
)
def test_a_value_that_is_not_what_it_seems(example: Example, text: str, flags: list[str], messages: list[str]) -> None:
    session = example.scenario("water").suite(text).run(*SUITE, *flags)
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert session.err == "ERROR: " + "\n".join(messages) + "\n"
    assert sorted(path.name for path in example.path.iterdir()) == ["pare.yaml", "scenarios", "tox.ini"]
