"""A sweep in a session: the curve, what failures of tools cost, and the gate on both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Example, Session

# Reads the mailbox once, and says nothing where that fails.
AGENT = """
    import pytest

    def careless(turn):
        if turn.number == 0:
            turn.call("Emails__list_emails", {"folder_name": "INBOX"})
            turn.propose("You have no mail.")

    @pytest.fixture
    def proactive_agent():
        return careless
    """
SCENARIO = """
    def init_and_populate_apps(self, *args, **kwargs):
        from pytest_pare.apps import StatefulEmailApp
        self.agent_ui = PAREAgentUserInterface()
        self.apps = [self.agent_ui, HomeScreenSystemApp(name="System"), StatefulEmailApp(name="Emails")]
    """
VERDICT = """
    called = [one.function_name() for one in env.event_log.list_view()]
    return ScenarioValidationResult(success="send_message_to_user" in called, rationale="nothing was said")
    """
LEVELS = "sweep: {noise.tool_failure_probability: [1, 0, 0.5]}, runs: 4"


@pytest.fixture
def mailbox(example: Example) -> Example:
    return example.scenario("mail", VERDICT, methods=SCENARIO).write("conftest.py", AGENT)


def curve_of(session: Session) -> list[str]:
    lines = session.summary
    begin = next(n for n, line in enumerate(lines) if line.startswith("  Robustness: "))
    return lines[begin : lines.index("", begin)]


def test_an_agent_that_cannot_take_a_failure_is_found_out(mailbox: Example) -> None:
    session = mailbox.suite(f"{{{LEVELS}, gate: {{robustness: 0.9}}, reports: {{json: out.json}}}}").run(
        "--pare-config", "pare.yaml"
    )
    assert session.code == pytest.ExitCode.TESTS_FAILED
    report = json.loads((mailbox.path / "out.json").read_text())
    (curve,) = report["robustness"]
    rates = [level["rate"] for level in curve["levels"]]
    assert [level["level"] for level in curve["levels"]] == [0, 0.5, 1]
    assert (rates[0], rates[2]) == (1, 0)
    assert 0 < rates[1] < 1
    area = (rates[0] + 2 * rates[1] + rates[2]) / 4
    assert curve["area"] == area == report["gate"]["robustness"]
    lost = 8 - 4 * rates[1]
    assert curve["costs"] == [{"tool": "Emails__list_emails", "hit": lost, "cost": lost}]
    assert report["metadata"]["faults"] == {"tool_failure": lost}
    assert session.verdict[1] == f"robustness too low: area {area:.3f}, 0.900 needed"
    shown = curve_of(session)
    assert shown[0] == "  Robustness: noise.tool_failure_probability"
    assert shown[2].split()[:5] == ["0", "4", "4", "100.0", "%"]
    assert shown[-3] == f"    Area under the curve  {area:.3f} (0.900 needed)"
    assert shown[-1] == f"      Emails__list_emails  {lost:.1f} runs (hit in {lost:.0f})"


def test_the_robustness_decides_alone_where_no_rate_is_set(mailbox: Example) -> None:
    session = mailbox.suite(f"{{{LEVELS}, gate: {{robustness: 0.1}}}}").run("--pare-config", "pare.yaml")
    assert session.code == pytest.ExitCode.OK
    assert session.outcomes()["failed"] > 0
    assert session.verdict[0].startswith("gate PASS: ")


def test_a_level_that_was_not_run_leaves_a_gap(mailbox: Example) -> None:
    session = mailbox.suite(f"{{{LEVELS}, gate: {{robustness: 0.1}}}}").run(
        "--pare-config", "pare.yaml", "-k", "not probability_0.5"
    )
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert "    Area under the curve    n/a (no run was judged at level 0.5)" in curve_of(session)
    assert "the robustness could not be measured" in " ".join(session.verdict)


def test_each_cell_of_a_matrix_has_a_curve(mailbox: Example) -> None:
    cells = "matrix: {short: {max_turns: 1}, long: {max_turns: 2}}"
    session = mailbox.suite(f"{{{cells}, {LEVELS}}}").run("--pare-config", "pare.yaml")
    heads = [line for line in session.summary if line.startswith("  Robustness: ")]
    key = "noise.tool_failure_probability"
    assert heads == [f"  Robustness: {key}, long", f"  Robustness: {key}, short"]
    assert session.open_runs == [line for line in session.open_runs if line.startswith("FAILED     mail, ")]


def test_the_same_seed_fails_in_the_same_calls(mailbox: Example) -> None:
    mailbox.suite(f"{{{LEVELS}, reports: {{json: out.json}}}}")
    curves = []
    for _ in range(2):
        mailbox.run("--pare-config", "pare.yaml")
        curves.append(json.loads((mailbox.path / "out.json").read_text())["robustness"])
    assert curves[0] == curves[1]


def test_a_fixture_that_takes_the_place_of_the_level_is_refused(mailbox: Example) -> None:
    fixture = """
    from pytest_pare.scenarios.config import NoiseConfig

    @pytest.fixture
    def noise_config():
        return NoiseConfig(tool_failure_probability=0.5)
    """
    session = (
        mailbox.write("conftest.py", AGENT + fixture)
        .suite(f"{{{LEVELS}, gate: {{robustness: 0.1}}}}")
        .run("--pare-config", "pare.yaml", "-k", "run1")
    )
    assert session.code == pytest.ExitCode.TESTS_FAILED
    refused = "variant tool_failure_probability_{}: noise.tool_failure_probability: expected {}, got 0.5 from a fixture"
    assert [refused.format(level, level) in session.out for level in (0, 0.5, 1)] == [True, False, True]
    assert [line.split()[1:3] for line in curve_of(session)[2:5]] == [["1", "0"], ["1", "1"], ["1", "0"]]
