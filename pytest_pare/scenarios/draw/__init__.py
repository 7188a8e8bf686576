"""Draws: values of a scenario that differ between worlds if `variation` is on."""

from pytest_pare.scenarios.draw.draw import Draw
from pytest_pare.scenarios.draw.values import Clock, Day, Money, Person

__all__ = ["Clock", "Day", "Draw", "Money", "Person"]
