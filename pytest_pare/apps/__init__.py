"""The apps of the simulated phone. An app that is added to the package is exported here."""

from __future__ import annotations

from are.simulation.apps.app import App
from are.simulation.tool_utils import user_tool

from pytest_pare.apps.agent_interface import PAREAgentUserInterface
from pytest_pare.apps.apartment import StatefulApartmentApp
from pytest_pare.apps.cab import StatefulCabApp
from pytest_pare.apps.calendar import StatefulCalendarApp
from pytest_pare.apps.contacts import StatefulContactsApp
from pytest_pare.apps.core import StatefulApp
from pytest_pare.apps.email import StatefulEmailApp
from pytest_pare.apps.messaging import StatefulMessagingApp
from pytest_pare.apps.note import StatefulNotesApp
from pytest_pare.apps.reminder import StatefulReminderApp
from pytest_pare.apps.shopping import StatefulShoppingApp
from pytest_pare.apps.system import HomeScreenSystemApp

__all__ = [
    "App",
    "HomeScreenSystemApp",
    "PAREAgentUserInterface",
    "StatefulApartmentApp",
    "StatefulApp",
    "StatefulCabApp",
    "StatefulCalendarApp",
    "StatefulContactsApp",
    "StatefulEmailApp",
    "StatefulMessagingApp",
    "StatefulNotesApp",
    "StatefulReminderApp",
    "StatefulShoppingApp",
    "user_tool",
]
