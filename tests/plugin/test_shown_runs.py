"""`--pare-show`: the steps of the runs that did not pass, in their reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

TITLE = "Captured steps call"


@pytest.fixture
def garden(example: Example) -> Example:
    example.scenario("prune", "raise").scenario("water", "fail").scenario("weed")
    return example


def test_the_steps_take_the_place_of_the_events(garden: Example) -> None:
    shown, plain = (garden.run("--pare-config", "pare.yaml", *flags).out for flags in (["--pare-show"], []))
    # Not those of the run that passed.
    assert (shown.count(TITLE), plain.count(TITLE)) == (2, 0)
    _, _, text = shown.partition("the plants are dry")
    steps = text.partition(TITLE)[2].partition("=====")[0]
    assert "agent proposes: May I water the plants?" in steps
    # The reason and the events are said once.
    assert "the plants are dry" not in steps
    assert "at simulated seconds" not in shown
    assert "at simulated seconds" in plain
    assert [line for line in steps.splitlines() if len(line) > 80] == []


def test_the_steps_have_no_secrets(garden: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GARDEN_TOKEN", "water the plants")
    out = garden.run("--pare-config", "pare.yaml", "--pare-show").out
    assert "agent proposes: May I [redacted]?" in out
    assert "water the plants" not in out
