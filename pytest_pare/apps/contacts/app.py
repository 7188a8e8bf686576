"""Contacts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, get_type_hints

from are.simulation.apps.contacts import Contact, ContactsApp, Gender, Status
from are.simulation.tool_utils import OperationType, app_tool, data_tool
from are.simulation.types import event_registered
from are.simulation.utils import check_type, type_check

from pytest_pare.apps.contacts.states import ContactDetail, ContactEdit, ContactsList
from pytest_pare.apps.core import USER_EMAIL, USER_NAME, StatefulApp
from pytest_pare.apps.navigation import POP, push

USER_CONTACT = Contact(
    contact_id="user",
    first_name=USER_NAME.split()[0],
    last_name=USER_NAME.split()[1],
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
"""The owner's card, unless a scenario adds one. Each app gets a copy with its own id."""

_FIELD_TYPES = get_type_hints(Contact)
# Contact accepts these as names too, in any case, and rejects unknown names itself.
_FIELD_TYPES.update(gender=Gender | str, status=Status | str)


class StatefulContactsApp(StatefulApp, ContactsApp):
    """The phone's contacts. They include a default card of the owner, unless the given contacts have one."""

    root = ContactsList
    transitions: ClassVar = {
        ContactsList: {"open_contact": push(ContactDetail, lambda _, args, __: ContactDetail(args["contact_id"]))},
        ContactDetail: {
            "start_edit_contact": push(ContactEdit, lambda detail, _, __: ContactEdit(detail.contact_id)),
            "delete_contact": POP,
        },
        ContactEdit: {"update_contact": POP},
    }

    def __init__(self, name: str | None = None, **kwargs: Any) -> None:
        self.contacts: dict[str, Contact]
        super().__init__(name, **kwargs)
        if not any(contact.is_user for contact in self.contacts.values()):
            owner = replace(USER_CONTACT, contact_id="")
            self.contacts = {**self.contacts, owner.contact_id: owner}

    def load_state(self, state_dict: dict[str, Any]) -> None:
        """Replace the contacts by those of a state from `get_state`."""
        # ARE adds to the contacts that exist, so the owner would be there twice.
        self.contacts = {}
        super().load_state(state_dict)

    @type_check
    @app_tool()
    @data_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def edit_contact(self, contact_id: str, updates: dict[str, Any]) -> str | None:
        """Edits specific fields of a contact by contact_id.

        :param contact_id: ID of the contact to edit.
        :param updates: dictionary of updates to apply to the contact.
        :returns: Success message if contact is edited successfully, otherwise KeyError, AttributeError or TypeError.
        """
        # ARE changes the card key by key, and keeps the first changes when a later key is wrong.
        if contact_id not in self.contacts:
            raise KeyError("Contact does not exist.")
        contact = self.contacts[contact_id]
        for key, value in updates.items():
            if key not in _FIELD_TYPES:
                raise AttributeError(f"{key} is not a valid attribute of Contact.")
            if key == "contact_id" and value != contact_id:
                raise AttributeError("contact_id cannot be changed.")
            if not check_type(value, _FIELD_TYPES[key]):
                raise TypeError(f"{key} of a contact must be of type {_FIELD_TYPES[key]}, got {type(value)}")
        vars(contact).update(vars(replace(contact, **updates)))
        return f"Contact {contact_id} updated successfully."
