"""The contacts app: its backend, its screens, and its errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.apps.contacts import Contact, ContactsApp, Gender, Status
from are.simulation.types import EventRegisterer
from are.simulation.utils.serialization import EnumEncoder

from pytest_pare.apps.contacts import ContactDetail, ContactEdit, ContactsList, StatefulContactsApp
from tests.apps.phone import Phone, described, interface, kinds_of, mark_of, parameters_of, phone

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTRACT = interface("contacts")
SCREENS = {screen.__name__: screen for screen in (ContactsList, ContactDetail, ContactEdit)}

# Declared transitions replace these helpers of the contract.
LEFT_OUT = {"queue_contact_transition", "clear_contact_transition"}


def book() -> StatefulContactsApp:
    app = StatefulContactsApp(name="Contacts")
    app.add_contact(Contact(contact_id="ada", first_name="Ada", last_name="Byron", email="ada@example.com", age=36))
    app.add_contact(Contact(contact_id="bob", first_name="Bob", last_name="Stone", phone="555-0101"))
    return app


@pytest.fixture
def contacts() -> Iterator[Phone]:
    with phone(book) as it:
        yield it


# -- the contract


@pytest.mark.parametrize("name", sorted(set(CONTRACT["methods"]) - LEFT_OUT))
def test_method_is_as_agreed(name: str) -> None:
    agreed = CONTRACT["methods"][name]
    method = getattr(StatefulContactsApp, name)
    assert kinds_of(method) == agreed["kinds"]
    assert mark_of(method) == agreed["operation"]
    if agreed["kinds"] or name == "add_contacts":
        assert parameters_of(method) == agreed["params"]


def test_what_is_left_out_is_not_there() -> None:
    assert not any(hasattr(StatefulContactsApp, name) for name in LEFT_OUT)


def test_every_registered_method_is_one_event_of_the_agreed_type(contacts: Phone) -> None:
    calls: dict[str, dict[str, Any]] = {
        "add_contact": {"contact": Contact(contact_id="cleo", first_name="Cleo", last_name="Vane")},
        "add_new_contact": {"first_name": "Dan", "last_name": "Wood"},
        "edit_contact": {"contact_id": "ada", "updates": {"age": 37}},
        "delete_contact": {"contact_id": "bob"},
        "get_contact": {"contact_id": "ada"},
        "get_contacts": {},
        "get_current_user_details": {},
        "search_contacts": {"query": "ada"},
        "go_back": {},
    }
    assert set(calls) == {name for name, agreed in CONTRACT["methods"].items() if agreed["event"]}
    for name, arguments in calls.items():
        before, state = len(contacts.log()), contacts.app.get_state()
        getattr(contacts.app, name)(**arguments)
        (event,) = contacts.log()[before:]
        agreed = CONTRACT["methods"][name]
        assert described([event]) == [(agreed["event"], name, False)]
        assert event.action.operation_type.name == agreed["operation"]
        assert (contacts.app.get_state() != state) == (agreed["operation"] == "WRITE"), name


@pytest.mark.parametrize(("screen", "tools"), CONTRACT["screens"].items())
def test_screen_has_the_tools_that_are_agreed(screen: str, tools: dict[str, Any]) -> None:
    cls = SCREENS[screen]
    assert {name for name in dir(cls) if getattr(getattr(cls, name), "_is_user_tool", False)} == set(tools)
    for name, agreed in tools.items():
        assert mark_of(getattr(cls, name)) == agreed["operation"]
        assert parameters_of(getattr(cls, name)) == agreed["params"]


def test_every_tool_is_described(contacts: Phone) -> None:
    for steps in PATHS.values():
        for tool, arguments in steps:
            contacts.do(tool, **arguments)
        for tool in contacts.app.get_user_tools():
            assert tool.function_description
            assert tool.return_description
            assert all(argument.description for argument in tool.args), tool.name
        contacts.app.load_root_state()


# -- the constructor


def test_the_owner_is_there_from_the_start() -> None:
    app = StatefulContactsApp()
    owner = app.get_current_user_details()
    assert app.name == "StatefulContactsApp"
    assert app.contacts == {owner.contact_id: owner}
    assert (owner.first_name, owner.last_name, owner.email, owner.phone) == (
        "John",
        "Doe",
        "john@pare.com",
        "1234567890",
    )
    assert (owner.address, owner.city_living, owner.country) == ("123 Main St, Anytown, USA", "Anytown", "USA")
    assert (owner.is_user, owner.gender, owner.age, owner.nationality, owner.status) == (
        True,
        Gender.MALE,
        30,
        "American",
        Status.STUDENT,
    )


def test_each_app_has_an_owners_card_of_its_own() -> None:
    first, second = StatefulContactsApp(), StatefulContactsApp()
    owner = first.get_current_user_details()
    first.edit_contact(owner.contact_id, {"first_name": "Jane"})
    assert second.get_current_user_details().first_name == "John"
    assert second.get_current_user_details().contact_id != owner.contact_id


def test_an_owner_that_is_given_is_kept() -> None:
    mara = Contact(contact_id="mara", first_name="Mara", last_name="Quill", is_user=True)
    app = StatefulContactsApp("Contacts", contacts={"mara": mara}, view_limit=1)
    assert app.get_current_user_details() is mara
    assert (list(app.contacts), app.view_limit) == (["mara"], 1)


def test_contents_that_are_given_stay_the_callers() -> None:
    given = {"ada": Contact(contact_id="ada", first_name="Ada", last_name="Byron")}
    app = StatefulContactsApp(contacts=given)
    assert list(given) == ["ada"]
    assert len(app.contacts) == 2
    assert app.contacts["ada"] is given["ada"]


def test_state_survives_a_round_trip() -> None:
    app, copy = book(), StatefulContactsApp(name="Copy")
    copy.load_state(json.loads(json.dumps(app.get_state(), cls=EnumEncoder)))
    assert copy.contacts == app.contacts
    app.reset()
    assert app.contacts == {}


# -- the backend


def test_the_agents_reads_change_nothing(contacts: Phone) -> None:
    before = contacts.app.get_state()
    assert contacts.agent("get_contact", contact_id="ada").first_name == "Ada"
    assert contacts.agent("get_contacts")["metadata"] == {"range": (0, 3), "total": 3}
    assert [c.first_name for c in contacts.agent("get_contacts", offset=2)["contacts"]] == ["Bob"]
    assert [c.first_name for c in contacts.agent("search_contacts", query="BYRON")] == ["Ada"]
    assert contacts.agent("get_current_user_details").first_name == "John"
    assert contacts.app.get_state() == before


def test_the_agent_adds_edits_and_deletes(contacts: Phone) -> None:
    dan = contacts.agent("add_new_contact", first_name="Dan", last_name="Wood", gender="Male", status="Retired", age=70)
    assert contacts.app.contacts[dan] == Contact(
        contact_id=dan, first_name="Dan", last_name="Wood", gender=Gender.MALE, status=Status.RETIRED, age=70
    )
    card = contacts.app.contacts[dan]
    message = contacts.agent(
        "edit_contact", contact_id=dan, updates={"gender": "other", "status": Status.EMPLOYED, "phone": None, "age": 71}
    )
    assert message == f"Contact {dan} updated successfully."
    # References to the card see the change.
    assert (card.gender, card.status, card.phone, card.age) == (Gender.OTHER, Status.EMPLOYED, None, 71)
    assert contacts.agent("delete_contact", contact_id=dan) == f"Contact {dan} successfully deleted."
    assert dan not in contacts.app.contacts


WRONG_UPDATES: list[tuple[type[Exception], dict[str, Any], str]] = [
    (AttributeError, {"age": 40, "shoe_size": 42}, "shoe_size is not a valid attribute of Contact"),
    (AttributeError, {"summary": "x"}, "summary is not a valid attribute"),
    (AttributeError, {"contact_id": "bob"}, "contact_id cannot be changed"),
    (ValueError, {"first_name": "X", "age": 0}, "Invalid age"),
    (ValueError, {"age": 101}, "Invalid age"),
    (ValueError, {"job": "Poet", "gender": "Purple"}, "Purple"),
    (ValueError, {"status": ""}, "not a valid Status"),
    (TypeError, {"first_name": None}, "first_name of a contact must be of type"),
    (TypeError, {"job": "Poet", "age": "forty"}, "age of a contact must be of type"),
    (TypeError, {"phone": 5550102}, "phone of a contact must be of type"),
]


@pytest.mark.parametrize(("error", "updates", "match"), WRONG_UPDATES)
def test_an_edit_that_is_wrong_in_one_thing_changes_nothing(
    contacts: Phone, error: type[Exception], updates: dict[str, Any], match: str
) -> None:
    before, events = contacts.app.get_state(), len(contacts.log())
    with pytest.raises(error, match=match):
        contacts.app.edit_contact("ada", updates)
    assert contacts.app.get_state() == before
    assert described(contacts.log()[events:]) == [("AGENT", "edit_contact", True)]


@pytest.mark.parametrize(
    ("error", "tool", "arguments", "match"),
    [
        (KeyError, "get_contact", {"contact_id": "gone"}, "Contact gone does not exist"),
        (KeyError, "get_contact", {"contact_id": ""}, "does not exist"),
        (KeyError, "delete_contact", {"contact_id": "gone"}, "does not exist"),
        (KeyError, "edit_contact", {"contact_id": "gone", "updates": {"age": 3}}, "does not exist"),
        (ValueError, "add_new_contact", {"first_name": "ada", "last_name": "BYRON"}, "already exists .* ada"),
        (ValueError, "add_new_contact", {"first_name": "Dan", "last_name": "Wood", "gender": "Purple"}, "Purple"),
        (ValueError, "add_new_contact", {"first_name": "Dan", "last_name": "Wood", "status": "Busy"}, "Busy"),
        (ValueError, "add_new_contact", {"first_name": "Dan", "last_name": "Wood", "age": 0}, "Invalid age"),
        (TypeError, "get_contact", {"contact_id": 1}, "must be of type"),
        (TypeError, "edit_contact", {"contact_id": "ada", "updates": "age"}, "must be of type"),
        (TypeError, "add_new_contact", {"first_name": "Dan", "last_name": None}, "must be of type"),
    ],
)
def test_what_the_agent_gets_wrong_is_said_and_changes_nothing(
    contacts: Phone, error: type[Exception], tool: str, arguments: dict[str, Any], match: str
) -> None:
    contacts.agent_refused(error, tool, match, **arguments)


def test_a_phone_without_an_owner_says_so(contacts: Phone) -> None:
    owner = contacts.do("view_current_user")
    contacts.agent("delete_contact", contact_id=owner.contact_id)
    contacts.refuse(KeyError, "view_current_user", "User Contact does not exist")


def test_many_contacts_are_added_without_an_event(contacts: Phone) -> None:
    before = len(contacts.log())
    contacts.app.add_contacts([Contact(contact_id=name, first_name=name, last_name="X") for name in ("c", "d")])
    assert {"c", "d"} <= set(contacts.app.contacts)
    assert len(contacts.log()) == before


def test_events_can_be_planned(contacts: Phone) -> None:
    before = contacts.app.get_state()
    with EventRegisterer.capture_mode():
        event = contacts.app.edit_contact(contact_id="ada", updates={"age": 40})
    assert (event.function_name(), contacts.app.get_state()) == ("edit_contact", before)


# -- the screens

PATHS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "ContactsList": [("list_contacts", {}), ("search_contacts", {"query": "ada"}), ("view_current_user", {})],
    "ContactDetail": [("open_contact", {"contact_id": "ada"}), ("view_contact", {})],
    "ContactEdit": [("open_contact", {"contact_id": "ada"}), ("start_edit_contact", {}), ("view_contact", {})],
}


def test_every_screen_is_reached_and_left(contacts: Phone) -> None:
    before = contacts.app.get_state()
    contacts.walk(PATHS)
    assert contacts.app.get_state() == before


@pytest.mark.parametrize("screen", PATHS)
def test_a_screen_offers_its_own_tools_only(contacts: Phone, screen: str) -> None:
    assert contacts.own_tools() == set(CONTRACT["screens"]["ContactsList"])
    for tool, arguments in PATHS[screen]:
        contacts.do(tool, **arguments)
    assert contacts.own_tools() - {"go_back"} == set(CONTRACT["screens"][screen])
    assert ("go_back" in contacts.own_tools()) == (screen != "ContactsList")


def test_graph() -> None:
    assert StatefulContactsApp.get_state_graph() == {
        "ContactDetail": ["ContactEdit", "ContactsList"],
        "ContactEdit": ["ContactDetail"],
        "ContactsList": ["ContactDetail"],
    }
    assert book().get_reachable_states(ContactDetail("ada")) == [ContactEdit]


def test_the_list(contacts: Phone) -> None:
    page = contacts.do("list_contacts", offset=1)
    assert [contact.contact_id for contact in page["contacts"]] == ["ada", "bob"]
    assert page["metadata"] == {"range": (1, 3), "total": 3}
    assert [contact.contact_id for contact in contacts.do("search_contacts", query="555")] == ["bob"]
    assert contacts.do("search_contacts", query="nobody") == []
    contacts.refuse(ValueError, "list_contacts", "Offset", offset=-1)
    contacts.refuse(TypeError, "list_contacts", "must be of type", offset="1")
    contacts.refuse(TypeError, "search_contacts", "must be of type", query=None)
    assert contacts.screen == "ContactsList"


def test_a_contact_is_created_and_the_list_stays(contacts: Phone) -> None:
    dan = contacts.do(
        "create_contact",
        first_name="Dan",
        last_name="Wood",
        gender="Male",
        age=70,
        nationality="Irish",
        city_living="Cork",
        country="Ireland",
        status="Retired",
        job="Sailor",
        description="Neighbour",
        phone="555-0102",
        email="dan@example.com",
        address="1 Quay",
    )
    assert contacts.app.contacts[dan] == Contact(
        "Dan",
        "Wood",
        dan,
        False,
        Gender.MALE,
        70,
        "Irish",
        "Cork",
        "Ireland",
        Status.RETIRED,
        "Sailor",
        "Neighbour",
        "555-0102",
        "dan@example.com",
        "1 Quay",
    )
    assert contacts.screen == "ContactsList"
    contacts.refuse(ValueError, "create_contact", "already exists", first_name="Dan", last_name="Wood")
    contacts.refuse(ValueError, "create_contact", "Invalid age", first_name="E", last_name="F", age=200)
    contacts.refuse(ValueError, "create_contact", "Purple", first_name="E", last_name="F", gender="Purple")
    contacts.refuse(TypeError, "create_contact", "must be of type", first_name="E", last_name="F", age="old")


@pytest.mark.parametrize(("error", "contact_id"), [(KeyError, "gone"), (KeyError, ""), (TypeError, 5)])
def test_a_contact_that_is_not_there_is_not_opened(contacts: Phone, error: type[Exception], contact_id: Any) -> None:
    contacts.refuse(error, "open_contact", contact_id=contact_id)


def test_a_contact_is_edited(contacts: Phone) -> None:
    assert contacts.do("open_contact", contact_id="ada").first_name == "Ada"
    assert contacts.screen == "ContactDetail"
    assert contacts.do("start_edit_contact").first_name == "Ada"
    assert contacts.screen == "ContactEdit"
    assert contacts.do("update_contact", updates={"phone": "555-0103", "email": None}).startswith("Contact ada")
    assert contacts.screen == "ContactDetail"
    assert contacts.do("view_contact").phone == "555-0103"
    assert contacts.app.contacts["ada"].email is None


@pytest.mark.parametrize(("error", "updates", "match"), WRONG_UPDATES)
def test_an_update_that_is_wrong_keeps_the_editor_open(
    contacts: Phone, error: type[Exception], updates: dict[str, Any], match: str
) -> None:
    contacts.do("open_contact", contact_id="ada")
    contacts.do("start_edit_contact")
    contacts.refuse(error, "update_contact", match, updates=updates)
    contacts.refuse(TypeError, "update_contact", "must be of type", updates="age")


def test_a_contact_is_deleted(contacts: Phone) -> None:
    contacts.do("open_contact", contact_id="ada")
    assert contacts.do("delete_contact") == "Contact ada successfully deleted."
    assert (contacts.screen, "ada" in contacts.app.contacts) == ("ContactsList", False)
    assert "go_back" not in contacts.own_tools()


def test_a_contact_that_is_gone_refuses_everything_but_the_way_back(contacts: Phone) -> None:
    contacts.do("open_contact", contact_id="ada")
    contacts.agent("delete_contact", contact_id="ada")
    for tool in CONTRACT["screens"]["ContactDetail"]:
        contacts.refuse(KeyError, tool, "does not exist")
    contacts.do("go_back")
    assert contacts.screen == "ContactsList"


def test_a_contact_that_goes_while_it_is_edited_is_passed_over_on_the_way_back(contacts: Phone) -> None:
    contacts.do("open_contact", contact_id="ada")
    contacts.do("start_edit_contact")
    contacts.agent("delete_contact", contact_id="ada")
    contacts.refuse(KeyError, "update_contact", "does not exist", updates={"age": 40})
    contacts.refuse(KeyError, "view_contact", "does not exist")
    contacts.do("go_back")
    assert contacts.screen == "ContactsList"


def test_a_screen_of_what_is_not_there_cannot_be_shown(contacts: Phone) -> None:
    before = contacts.screens()
    for screen in (ContactDetail("gone"), ContactEdit("gone")):
        with pytest.raises(KeyError):
            contacts.app.set_current_state(screen)
    assert contacts.screens() == before


# -- always


def test_the_same_seed_gives_the_same_ids() -> None:
    def story(seed: str) -> list[str]:
        with phone(book, seed=seed) as contacts:
            contacts.do("create_contact", first_name="Dan", last_name="Wood")
            contacts.agent("add_new_contact", first_name="Eve", last_name="Wood")
            return [*contacts.app.contacts, *(event.event_id for event in contacts.log())]

    assert story("a") == story("a")
    assert len(set(story("a"))) == len(story("a"))
    assert story("a") != story("b")


def test_the_backend_is_ares() -> None:
    assert isinstance(book(), ContactsApp)
