"""The contacts: our own behaviour, and corrections of ARE's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from are.simulation.apps.contacts import Contact, Gender, Status

from pytest_pare.apps import StatefulContactsApp
from pytest_pare.are.world import World


@pytest.fixture
def contacts() -> Iterator[StatefulContactsApp]:
    with World("contacts").active():
        yield StatefulContactsApp(name="Contacts")


@pytest.fixture
def ann(contacts: StatefulContactsApp) -> Contact:
    ann = Contact(first_name="Ann", last_name="Lee", phone="1", age=30)
    contacts.add_contact(ann)
    return ann


def test_the_owner_has_a_card(contacts: StatefulContactsApp) -> None:
    owner = contacts.get_current_user_details()
    assert (owner.first_name, owner.last_name, owner.is_user) == ("John", "Doe", True)
    assert (owner.email, owner.phone, owner.address) == ("john@pare.com", "1234567890", "123 Main St, Anytown, USA")
    assert (owner.city_living, owner.country, owner.nationality) == ("Anytown", "USA", "American")
    assert (owner.gender, owner.age, owner.status) == (Gender.MALE, 30, Status.STUDENT)
    assert list(contacts.contacts) == [owner.contact_id]


def test_the_owner_may_be_another_person() -> None:
    me = Contact(first_name="Alex", last_name="Morgan", contact_id="me", is_user=True)
    contacts = StatefulContactsApp(contacts={"me": me})
    assert contacts.get_current_user_details() is me
    assert list(contacts.contacts) == ["me"]


def test_others_alone_do_not_make_an_owner() -> None:
    ann = Contact(first_name="Ann", last_name="Lee", contact_id="ann")
    contacts = StatefulContactsApp(contacts={"ann": ann})
    assert contacts.get_current_user_details().first_name == "John"
    assert len(contacts.contacts) == 2


def test_a_card_that_is_edited_stays_the_same_object(contacts: StatefulContactsApp, ann: Contact) -> None:
    message = contacts.edit_contact(ann.contact_id, {"phone": "2", "gender": "female", "status": "Status.RETIRED"})
    assert message == f"Contact {ann.contact_id} updated successfully."
    assert contacts.get_contact(ann.contact_id) is ann
    assert (ann.phone, ann.gender, ann.status, ann.age) == ("2", Gender.FEMALE, Status.RETIRED, 30)


@pytest.mark.parametrize(
    ("updates", "error"),
    [
        ({"phone": "2", "shoe_size": 43}, AttributeError),
        ({"phone": "2", "summary": "a method's name is no field"}, AttributeError),
        ({"phone": "2", "age": 1000}, ValueError),
        ({"phone": "2", "gender": "so-so"}, ValueError),
        ({"phone": "2", "first_name": None}, TypeError),
    ],
)
def test_an_edit_that_is_refused_changes_nothing(
    contacts: StatefulContactsApp, ann: Contact, updates: dict[str, Any], error: type[Exception]
) -> None:
    """ARE changes the card key by key."""
    before = dict(vars(ann))
    with pytest.raises(error):
        contacts.edit_contact(ann.contact_id, updates)
    assert vars(contacts.contacts[ann.contact_id]) == before


def test_an_unknown_contact_cannot_be_edited(contacts: StatefulContactsApp) -> None:
    with pytest.raises(KeyError, match="does not exist"):
        contacts.edit_contact("nope", {})
