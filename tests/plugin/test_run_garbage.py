"""The garbage of a run is collected after it, and the collector goes on as before after the session."""

from __future__ import annotations

import gc
import re
from typing import TYPE_CHECKING

import pytest

from pytest_pare.plugin.run_garbage import RunGarbage, generation_after

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.plugin.conftest import Example


@pytest.fixture
def thresholds() -> Iterator[tuple[int, int, int]]:
    before = gc.get_threshold()
    yield before
    gc.set_threshold(*before)


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    generations: list[int] = []
    monkeypatch.setattr(gc, "collect", generations.append)
    return generations


def run(plugin: RunGarbage, items: int) -> int:
    """Let a session run items, and return the threshold within it."""
    loop = plugin.pytest_runtestloop()
    next(loop)
    threshold = gc.get_threshold()[0]
    for _ in range(items):
        plugin.pytest_runtest_logfinish()
    with pytest.raises(StopIteration):
        loop.send(None)
    return threshold


def test_each_item_is_followed_by_a_collection(thresholds: tuple[int, int, int], collected: list[int]) -> None:
    assert run(RunGarbage(), 3) == 100_000
    assert collected == [0, 0, 0]
    assert gc.get_threshold() == thresholds


def test_a_higher_threshold_stays(thresholds: tuple[int, int, int]) -> None:
    gc.set_threshold(200_000, *thresholds[1:])
    assert run(RunGarbage(), 0) == 200_000


def test_a_collector_that_is_off_stays_off(thresholds: tuple[int, int, int], collected: list[int]) -> None:
    gc.set_threshold(0, *thresholds[1:])
    assert run(RunGarbage(), 2) == 0
    gc.set_threshold(*thresholds)
    gc.disable()
    try:
        run(RunGarbage(), 2)
    finally:
        gc.enable()
    assert not collected


def test_the_thresholds_are_restored_after_an_exception(thresholds: tuple[int, int, int]) -> None:
    loop = RunGarbage().pytest_runtestloop()
    next(loop)
    with pytest.raises(KeyboardInterrupt):
        loop.throw(KeyboardInterrupt())
    assert gc.get_threshold() == thresholds


def test_older_generations_are_collected_less_and_less_often() -> None:
    by_items = {items: generation_after(items) for items in range(1, 1025)}
    assert [items for items, generation in by_items.items() if generation == 2] == [128, 256, 512, 1024]
    assert [items for items, generation in by_items.items() if generation == 1] == list(range(10, 1025, 10))


def test_a_session_collects_after_each_item(example: Example) -> None:
    example.scenario("weed")
    example.suite("runs: 2")
    example.write(
        "conftest.py",
        """
        import gc, weakref

        class Part:
            pass

        def pytest_runtest_call(item):
            one = Part()
            one.itself = one
            dead.append(weakref.ref(one))

        dead = []

        def pytest_runtest_setup(item):
            print("alive", sum(ref() is not None for ref in dead), gc.get_threshold()[0])
        """,
    )
    session = example.run("--pare-config", "pare.yaml", "-s")
    assert re.findall(r"alive (\d+) (\d+)", session.out) == [("0", "100000")] * 2
    assert session.outcomes() == {"passed": 2}
