"""Noise in the world through a suite, and through the fixture `pare`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

SUITE = ("--pare-config", "pare.yaml")
NOISE = "runner: {env_events_config: {num_env_events_per_minute: 10}}"
BUNDLED = "scenarios: {bundled: true, include: [flat_viewing, packing_list]}"


@pytest.mark.parametrize("flags", [[], ["--pare-oracle"]])
def test_a_suite_plays_its_scenarios_in_noise(example: Example, flags: list[str]) -> None:
    session = example.suite(f"{BUNDLED}\n{NOISE}\nreports: {{json: out.json}}").run(*SUITE, *flags)
    assert session.outcomes() == {"passed": 2, "warnings": 1}
    line = session.summary.index("  Noise: 60 events")
    above = session.summary[line - 1 - 2 * (not flags)]
    assert above == ""
    weights = {"StatefulEmailApp": 1.0, "StatefulMessagingApp": 1.0, "StatefulShoppingApp": 1.0}
    assert json.loads((example.path / "out.json").read_text())["metadata"]["weight_per_app_class"] == weights
    said = session.words
    assert "packing_list: no app can get noise: the scenario has no StatefulEmailApp or" in said
    assert "; it ran without" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"apps": [{"name": "Emails", "app_state": {}}]}, "apps.0.app_state.folders: is missing"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_data_that_are_wrong_are_reported_in_a_sentence(
    example: Example, monkeypatch: pytest.MonkeyPatch, content: Any, said: str
) -> None:
    if content is not None:
        example.write("mine.json", json.dumps(content))
    monkeypatch.setenv("ENV_AUGMENTATION_DATA_PATH", str(example.path / "mine.json"))
    session = example.suite(f"{BUNDLED}\n{NOISE}").run(*SUITE)
    assert session.code == 1
    place = example.path / "mine.json" if content is None else f"{example.path / 'mine.json'}:1"
    assert f"ENV_AUGMENTATION_DATA_PATH: {place}: {said}" in session.words
    assert session.has_no_traceback_of_ours()


def test_a_weight_that_cannot_be_stops_the_session(example: Example) -> None:
    weights = "{env_events_config: {weight_per_app_class: {ShoppingApp: 1.0}}}"
    session = example.suite(f"{BUNDLED}\nrunner: {weights}").run(*SUITE)
    assert session.code == 4
    assert "runner.env_events_config.weight_per_app_class: ShoppingApp cannot get noise" in session.err
    assert session.has_no_traceback_of_ours()


def test_noise_data_that_cannot_be_had_stop_the_session(example: Example) -> None:
    example.write("no.json", "[")
    own = "matrix: {calm: {noise: {data: null}}, loud: {noise: {data: no.json}}}"
    session = example.suite(f"{BUNDLED}\nnoise: {{data: gone.json}}\n{own}").run(*SUITE)
    assert session.code == 4
    assert [line for line in session.err.splitlines() if "data" in line] == [
        f"ERROR: pare.yaml:3: matrix.loud.noise.data: {example.path / 'no.json'}:1: is not JSON: "
        "Expecting value in column 2"
    ]
    assert session.has_no_traceback_of_ours()
    gone = example.suite(f"{BUNDLED}\nnoise: {{data: gone.json}}").run(*SUITE)
    said = f"pare.yaml:2: noise.data: {example.path / 'gone.json'}: cannot be read: No such file or directory"
    assert said in gone.err


def test_the_fixture_plays_a_scenario_in_noise(example: Example) -> None:
    example.write(
        "test_noise.py",
        """
        def test_noise(pare, request):
            events = {"num_env_events_per_minute": 10}
            run = pare.run("flat_viewing", env_events_config=events, noise={"event_late": {"rate": 1.0}})
            assert run.success
            assert run.result.noise_events == 60
            assert {event.fault for event in run.trace.events} == {None, "env_event", "event_late"}
            broken = pare.run("flat_viewing", env_events_config=events, noise={"data": "gone.json"})
            assert broken.result.exception_kind == "configuration"
            said = f"noise.data: {request.config.rootpath / 'gone.json'}: cannot be read: No such file or directory"
            assert str(broken.result.exception) == said
        """,
    )
    assert example.run("test_noise.py").outcomes() == {"passed": 1}


@pytest.mark.parametrize(("noise", "said"), [("{}", set()), ("{tool_slow: {rate: 0}}", {"tool_slow"})])
def test_a_run_knows_what_the_suite_says_of_noise_even_if_it_is_none(example: Example, noise: str, said: Any) -> None:
    example.write(
        "test_noise.py",
        f"def test_noise(pare_runner_config): assert pare_runner_config.noise.model_fields_set == {said}",
    )
    session = example.suite(f"{BUNDLED}\nnoise: {noise}").run(*SUITE, "test_noise.py", "-k", "test_noise")
    assert session.outcomes() == {"passed": 1, "deselected": 2}
