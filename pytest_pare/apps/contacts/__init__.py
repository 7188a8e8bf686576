"""Contacts."""

from pytest_pare.apps.contacts.app import StatefulContactsApp
from pytest_pare.apps.contacts.states import ContactDetail, ContactEdit, ContactsList

__all__ = ["ContactDetail", "ContactEdit", "ContactsList", "StatefulContactsApp"]
