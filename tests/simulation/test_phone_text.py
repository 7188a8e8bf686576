"""The content of the phone's apps as text."""

from __future__ import annotations

from typing import Any

import pytest
from are.simulation.apps.app import App

from pytest_pare.scenarios.library import bundled_library_dir
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.simulation.phone_text import PhoneText, card_lines


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


# -- cards


def message(number: int) -> dict[str, Any]:
    return {"timestamp": 60.0 * number, "sender_id": "a", "content": f"No. {number}"}


CHAT = {"title": "Ann", "participant_ids": ["a"], "messages": [message(number) for number in range(15)]}
ITEM = {"item_id": "i", "price": 20.0, "options": {"size": "L"}, "available": False}
SHOP = {
    "products": {"p": {"name": "Shirt", "variants": {"i": ITEM}}},
    "cart": {"i": {"item_id": "i", "quantity": 2}},
    "orders": {"o": {"order_items": {"i": {"item_id": "i", "quantity": 1}}, "order_total": 20, "order_status": "sent"}},
}


@pytest.mark.parametrize(
    ("state", "card"),
    [
        ({"events": {}}, [(1, "empty")]),
        (None, [(1, "empty")]),
        ({"conversations": {"c": CHAT}, "id_to_name": {"a": "Ann"}},
         [(1, "Ann"), (2, "... 3 earlier"), *((2, f"1970-01-01 00:{n:02} Ann: No. {n}") for n in range(3, 15))]),
        (SHOP, [(1, "in the cart"), (2, "2 x Shirt (size L)"), (1, "order of 1 x Shirt (size L): 20, sent (o)"),
                (1, "Shirt: 20 size L, not available")]),
        ({"messages": [{"sender": "User", "content": "Hi", "timestamp": 0}]}, [(1, "1970-01-01 00:00 user: Hi")]),
        ({"wet": True, "none": [], "names": ["fern", {"a": 1}], "by": {"x": "y"}},
         [(1, "wet: true"), (1, "none: []"), (1, "names"), (2, "fern"), (2, '{"a": 1}'), (1, "by"), (2, "x: y")]),
        # The keys of a built-in app, and other content.
        ({"events": [1, 2]}, [(1, "events"), (2, "1"), (2, "2")]),
        ({"events": {"a": {"start_datetime": "[redacted]"}}},
         [(1, "events"), (2, 'a: {"start_datetime": "[redacted]"}')]),
    ],
)  # fmt: skip
def test_a_card_shows_an_app(state: Any, card: Any) -> None:
    assert card_lines(state) == card


def test_a_card_is_short_and_has_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "correct-horse-battery")
    card = card_lines({"notes": [f"correct-horse-battery {number} " + "word\n" * 100 for number in range(100)]})
    assert (len(card), card[-1]) == (61, (1, "... 41 more"))
    assert card[1][1].startswith("[redacted] 0 word word")
    assert {len(text) for _, text in card[1:60]} == {300}
