"""What is on the phone's screen, and in its background."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
from tests.stage import Stage, play

NAMES = ["Emails", "Calendar", "Contacts", "Messages"]


def new_phone() -> StateAwareEnvironmentWrapper:
    stage = Stage()
    stage.initialize()
    env = StateAwareEnvironmentWrapper(clock=stage.world.clock)
    env.run(stage, wait_for_end=False)
    return env


@pytest.fixture
def env() -> StateAwareEnvironmentWrapper:
    return new_phone()


def screen(env: Any) -> tuple[str, list[str]]:
    return env.active_app.name, list(env.background_apps)


def test_the_home_screen_is_shown_at_first(env: Any) -> None:
    assert screen(env) == ("System", [])


def test_an_app_is_opened(env: Any) -> None:
    assert env.open_app("Emails") == "Opened Emails."
    assert screen(env) == ("Emails", [])
    assert env.open_app("Calendar") == "Opened Calendar."
    assert screen(env) == ("Calendar", ["Emails"])


def test_an_open_app_stays(env: Any) -> None:
    env.open_app("Emails")
    assert env.open_app("Emails") == env.switch_app("Emails") == "Emails is already open."
    assert screen(env) == ("Emails", [])


def test_going_home_leaves_the_app_in_the_background(env: Any) -> None:
    assert env.go_home() == "The home screen is already shown."
    env.open_app("Emails")
    assert env.go_home() == "The home screen is shown."
    assert screen(env) == ("System", ["Emails"])
    env.open_app("Calendar")
    env.go_home()
    assert screen(env) == ("System", ["Emails", "Calendar"])


def test_an_app_in_the_background_is_switched_to(env: Any) -> None:
    env.open_app("Emails")
    env.open_app("Calendar")
    assert env.switch_app("Emails") == "Switched to Emails."
    assert screen(env) == ("Emails", ["Calendar"])


def test_opening_an_app_that_is_in_the_background_brings_it_back(env: Any) -> None:
    """PARE begins it anew, against what its own description says."""
    env.open_app("Emails")
    env.go_home()
    assert env.open_app("Emails") == "Switched to Emails."
    assert screen(env) == ("Emails", [])


@pytest.mark.parametrize("how", ["open_app", "switch_app"])
@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("Emials", KeyError, "no app is named 'Emials'; there are Calendar, Contacts, Emails, Messages, "),
        ("StatefulEmailApp", KeyError, "no app is named"),
        ("", KeyError, "no app is named ''"),
        ("System", TypeError, "System is not an app that can be opened"),
        ("PAREAgentUserInterface", TypeError, "is not an app that can be opened"),
    ],
)
def test_what_cannot_be_opened_leaves_the_screen_alone(
    env: Any, how: str, name: str, error: type[Exception], message: str
) -> None:
    env.open_app("Emails")
    with pytest.raises(error, match=message):
        getattr(env, how)(name)
    assert screen(env) == ("Emails", [])


def test_an_app_that_is_not_open_cannot_be_switched_to(env: Any) -> None:
    with pytest.raises(ValueError, match="Emails is not open in the background; open it with open_app"):
        env.switch_app("Emails")
    assert screen(env) == ("System", [])


@given(st.lists(st.tuples(st.sampled_from(["open_app", "switch_app", "go_home"]), st.sampled_from(NAMES))))
def test_the_background_holds_what_was_left_in_that_order_and_once(steps: list[tuple[str, str]]) -> None:
    env = new_phone()
    shown, left = "System", list[str]()
    for step, name in steps:
        target = "System" if step == "go_home" else name
        if step == "switch_app" and name != shown and name not in left:
            with pytest.raises(ValueError, match="not open"):
                env.switch_app(name)
        else:
            getattr(env, step)(*([] if step == "go_home" else [name]))
            if target != shown:
                left = [app for app in [*left, shown] if app not in (target, "System")]
                shown = target
        assert screen(env) == (shown, left)


def test_the_user_does_it_with_the_tools_of_the_home_screen() -> None:
    def script(s: Any) -> list[Any]:
        return [
            s.system.open_app("Emails").delayed(1),
            s.system.go_home().oracle().delayed(2),
            s.system.switch_app("Emails").delayed(3),
            s.system.open_app("Nope").delayed(4),
        ]

    seen: list[Any] = []
    run = play(script, script_errors="warn", verdict=lambda s, env: seen.append(screen(env)))
    assert [(e.kind, e.function, e.result) for e in run.trace.events] == [
        ("USER", "open_app", "Opened Emails."),
        ("USER", "go_home", "The home screen is shown."),
        ("USER", "switch_app", "Switched to Emails."),
        ("USER", "open_app", None),
    ]
    assert seen == [("Emails", [])]
    assert "KeyError" in run.warnings[0]


def test_a_phone_without_a_home_screen_is_a_defect() -> None:
    stage = Stage()
    stage.initialize()
    env = StateAwareEnvironmentWrapper(clock=stage.world.clock)
    with pytest.raises(ScenarioDefect, match="no HomeScreenSystemApp"):
        env.register_apps([stage.email])
