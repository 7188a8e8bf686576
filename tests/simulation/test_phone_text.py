"""The content of the phone's apps as text."""

from __future__ import annotations

from typing import Any

from are.simulation.apps.app import App

from pytest_pare.scenarios.library import bundled_library_dir
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.simulation.phone_text import PhoneText


class Plants(App):
    def get_state(self) -> dict[str, Any]:
        return {"watered": True, "names": ["fern", "palm"]}


def phone_of(scenario_id: str) -> list[str]:
    from pytest_pare.scenarios.config import ScenarioRunnerConfig
    from pytest_pare.simulation.runner import run_scenario

    load_library(registry, bundled_library_dir())
    run = run_scenario(registry.registered()[scenario_id](), ScenarioRunnerConfig(oracle=True))
    assert run.env is not None
    return str(run.env.phone).splitlines()


def test_each_app_is_readable() -> None:
    shop = phone_of("discount_code")
    assert shop[0] == "2025-10-31 12:01, on the screen: System"
    assert "    99 color black" in shop
    assert any(line.startswith("  order of 1 x Larch One headphones (color black): 79.2, processed") for line in shop)
    flats = phone_of("flat_cheaper")
    assert "  Tannery Yard (saved): 1480 a month, 2 bedrooms, Leeds" in flats
    assert any("Kofi Mensah: Tannery Yard is the nicest flat" in line for line in flats)
    cab = phone_of("theatre_cancelled")
    assert "  Elm Street 12 to Lantern Theatre, Default, 17.41, cancelled" in cab
    mail = phone_of("dentist_moves")
    assert any(
        line.startswith("    2025-11-17 12:21 Re: Your appointment on Thursday (john@pare.com to") for line in mail
    )
    assert max(map(len, [*shop, *flats, *cab, *mail])) <= 80


def test_an_app_of_ones_own_shows_its_state() -> None:
    assert str(PhoneText([Plants(name="Plants")], 0.0, None)).splitlines() == [
        "1970-01-01 00:00, on the screen: nothing",
        "Plants",
        "  watered: true",
        '  names: ["fern", "palm"]',
    ]
