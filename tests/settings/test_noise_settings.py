"""What a suite can say of noise, and what is said of it where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_pare.scenarios.config import EnvEventsConfig, NoiseConfig
from pytest_pare.scenarios.expander import default_weight_per_app_class
from pytest_pare.scenarios.noise_config import APP_CLASSES, LateEvent
from pytest_pare.settings import SettingsError, Suite, load_suite

CLASSES = "StatefulEmailApp, StatefulMessagingApp, StatefulShoppingApp"


def load(text: str, directory: Path) -> Suite:
    path = directory / "pare.yaml"
    path.write_text(text)
    return load_suite(path)


def test_what_a_suite_says_of_noise(tmp_path: Path) -> None:
    settings = load(
        """
        runner: {env_events_config: {num_env_events_per_minute: 4, weight_per_app_class: {StatefulShoppingApp: 2}}}
        noise: {schedule: pare, data: mine.json, event_late: {rate: 0.1, seconds: 5}}
        """,
        tmp_path,
    ).settings
    assert settings.runner.env_events_config == EnvEventsConfig(
        num_env_events_per_minute=4, weight_per_app_class={"StatefulShoppingApp": 2.0}
    )
    assert settings.noise == NoiseConfig(
        schedule="pare", data=str(tmp_path / "mine.json"), event_late=LateEvent(rate=0.1, seconds=5.0)
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "runner: {env_events_config: {num_env_events_per_minute: -1}}",
            "num_env_events_per_minute: must be at least 0",
        ),
        ("runner: {env_events_config: {num_env_events_per_minute: 0.5}}", "num_env_events_per_minute: must be a whole"),
        (
            "runner: {env_events_config: {weight_per_app_class: {StatefulCabApp: 1}}}",
            f"env_events_config.weight_per_app_class: StatefulCabApp cannot get noise; apps that can are {CLASSES}",
        ),
        (
            "runner: {env_events_config: {weight_per_app_class: {StatefulEmailApp: 0, StatefulShoppingApp: 0.0}}}",
            "env_events_config.weight_per_app_class: all weights are 0, so no app would get noise",
        ),
        ("runner: {env_events_config: {weight_per_app_class: {}}}", "weight_per_app_class: all weights are 0"),
        (
            "runner: {env_events_config: {weight_per_app_class: {StatefulEmailApp: -1}}}",
            "weight_per_app_class.StatefulEmailApp: must be at least 0, got -1",
        ),
        ("noise: {event_late: {rate: 1.5}}", "noise.event_late.rate: must be at most 1, got 1.5"),
        ("noise: {event_twice: {rate: -0.1}}", "noise.event_twice.rate: must be at least 0, got -0.1"),
        ("noise: {event_late: {seconds: -1}}", "noise.event_late.seconds: must be at least 0, got -1"),
        ("noise: {event_out_of_order: {seconds: 1}}", "noise.event_out_of_order.seconds: unknown key"),
        ("noise: {schedule: often}", "noise.schedule: must be 'default' or 'pare', got \"often\""),
        ('noise: {data: ""}', 'noise.data: must be a path, got ""'),
    ],
)
def test_what_cannot_be_is_refused_when_the_suite_is_read(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as error:
        load(text, tmp_path)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_the_classes_that_a_suite_can_name_are_those_for_which_there_can_be_data() -> None:
    assert set(default_weight_per_app_class()) == set(APP_CLASSES.values())
