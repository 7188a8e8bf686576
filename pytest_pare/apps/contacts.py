"""Contacts."""

from __future__ import annotations

import copy
from dataclasses import fields
from typing import Any

from are.simulation.apps.contacts import Contact, ContactsApp, Gender, Status
from are.simulation.tool_utils import OperationType, app_tool, data_tool
from are.simulation.types import event_registered
from are.simulation.utils import type_check

from pytest_pare.apps.core import USER_EMAIL, USER_NAME, StatefulApp


class StatefulContactsApp(StatefulApp, ContactsApp):
    """The phone's contacts. The owner's own card is there from the start, unless the content that is given has one."""

    def __init__(self, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        if not any(contact.is_user for contact in self.contacts.values()):
            first_name, last_name = USER_NAME.split()
            owner = Contact(
                first_name=first_name,
                last_name=last_name,
                is_user=True,
                phone="1234567890",
                email=USER_EMAIL,
                address="123 Main St, Anytown, USA",
                city_living="Anytown",
                country="USA",
                nationality="American",
                gender=Gender.MALE,
                age=30,
                status=Status.STUDENT,
                job="Student",
            )
            self.contacts[owner.contact_id] = owner

    @type_check
    @app_tool()
    @data_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def edit_contact(self, contact_id: str, updates: dict[str, Any]) -> str | None:
        """Edits specific fields of a contact by contact_id.

        :param contact_id: ID of the contact to edit
        :param updates: dictionary of updates to apply to the contact
        :returns: Success message if contact is edited successfully, otherwise raise KeyError or AttributeError
        """
        # ARE's own changes the card before it has seen every key, and keeps what it had changed when one is wrong.
        # The card stays the same object, for scenarios that hold on to it.
        if contact_id not in self.contacts:
            raise KeyError("Contact does not exist.")
        known = {field.name for field in fields(Contact)}
        for key in updates:
            if key not in known:
                raise AttributeError(f"{key} is not a valid attribute of Contact.")
        edited = copy.deepcopy(self.contacts[contact_id])
        for key, value in updates.items():
            setattr(edited, key, value)
        edited.__post_init__()
        vars(self.contacts[contact_id]).update(vars(edited))
        return f"Contact {contact_id} updated successfully."
