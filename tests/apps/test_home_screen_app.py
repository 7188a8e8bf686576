"""The home screen by itself; what it does on a phone is in the tests of the simulation."""

from __future__ import annotations

import pytest

from pytest_pare.apps import HomeScreenSystemApp
from pytest_pare.are.world import World


@pytest.mark.parametrize(("tool", "arguments"), [("open_app", ["Emails"]), ("switch_app", ["Emails"]), ("go_home", [])])
def test_it_must_be_connected(tool: str, arguments: list[str]) -> None:
    with pytest.raises(RuntimeError, match="not connected"):
        getattr(HomeScreenSystemApp(), tool)(*arguments)


def test_it_asks_who_knows_the_apps() -> None:
    home = HomeScreenSystemApp(name="System")
    home.set_callbacks(
        switch_app_callback=lambda name: f"switch {name}",
        open_app_callback=lambda name: f"open {name}",
        go_home_callback=lambda: "home",
    )
    assert (home.open_app("a"), home.switch_app("b"), home.go_home()) == ("open a", "switch b", "home")


def test_it_is_the_phones_clock() -> None:
    with World("clock", start_time=1741687200).active() as world:
        home = HomeScreenSystemApp()
        world.clock.advance(61)
        assert home.get_current_time() == {
            "current_timestamp": 1741687261,
            "current_datetime": "2025-03-11 10:01:01",
            "current_weekday": "Tuesday",
        }
        home.wait(9)
        assert world.clock.time_passed() == 70
