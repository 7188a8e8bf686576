"""The screens of the contacts app."""

from __future__ import annotations

from are.simulation.apps.contacts import Contact

from pytest_pare.apps.screens import WRITE, AppState
from pytest_pare.apps.tool_decorators import screen_tool


class ContactsList(AppState):
    """The list of all contacts."""

    @screen_tool()
    def list_contacts(self, offset: int = 0) -> dict[str, object]:
        """List the contacts, a page at a time.

        :param offset: How many contacts to pass over.
        :returns: The contacts, their range in the list, and the total number.
        """
        if offset < 0:
            raise ValueError("Offset must be non-negative")
        return dict(self.app.get_contacts(offset))

    @screen_tool()
    def search_contacts(self, query: str) -> list[Contact]:
        """Search for contacts whose name, phone number or email address holds the query.

        :param query: The text to look for.
        :returns: The contacts that match.
        """
        found: list[Contact] = self.app.search_contacts(query)
        return found

    @screen_tool()
    def open_contact(self, contact_id: str) -> Contact:
        """Open a contact.

        :param contact_id: Id of the contact.
        :returns: The contact.
        """
        return self.app.get_contact(contact_id)

    @screen_tool()
    def view_current_user(self) -> Contact:
        """Look at your own card.

        :returns: The owner of the phone.
        """
        return self.app.get_current_user_details()

    @screen_tool(WRITE)
    def create_contact(
        self,
        first_name: str,
        last_name: str,
        gender: str | None = None,
        age: int | None = None,
        nationality: str | None = None,
        city_living: str | None = None,
        country: str | None = None,
        status: str | None = None,
        job: str | None = None,
        description: str | None = None,
        phone: str | None = None,
        email: str | None = None,
        address: str | None = None,
    ) -> str:
        """Add a contact.

        :param first_name: First name.
        :param last_name: Last name.
        :param gender: Male, Female, Other or Unknown.
        :param age: Age in years, from 1 to 100.
        :param nationality: Nationality.
        :param city_living: City.
        :param country: Country.
        :param status: Student, Employed, Unemployed, Retired or Unknown.
        :param job: Job.
        :param description: Description.
        :param phone: Phone number.
        :param email: Email address.
        :param address: Address.
        :returns: Id of the contact.
        """
        contact_id: str = self.app.add_new_contact(
            first_name,
            last_name,
            gender,
            age,
            nationality,
            city_living,
            country,
            status,
            job,
            description,
            phone,
            email,
            address,
        )
        return contact_id


class _OneContact(AppState):
    """A screen of one contact.

    Args:
        contact_id: Id of the contact.
    """

    def __init__(self, contact_id: str) -> None:
        self.contact_id = contact_id

    def on_enter(self) -> None:
        """Check that the contact exists."""
        self.app.get_contact(self.contact_id)

    def is_valid(self) -> bool:
        """Tell whether the contact still exists."""
        return self.contact_id in self.app.contacts

    @screen_tool()
    def view_contact(self) -> Contact:
        """Look at this contact.

        :returns: The contact.
        """
        return self.app.get_contact(self.contact_id)


class ContactDetail(_OneContact):
    """One contact."""

    @screen_tool()
    def start_edit_contact(self) -> Contact:
        """Begin to edit this contact; nothing changes before it is updated.

        :returns: The contact.
        """
        return self.app.get_contact(self.contact_id)

    @screen_tool(WRITE)
    def delete_contact(self) -> str:
        """Delete this contact.

        :returns: A confirmation.
        """
        message: str = self.app.delete_contact(self.contact_id)
        return message


class ContactEdit(_OneContact):
    """One contact that is being edited."""

    @screen_tool(WRITE)
    def update_contact(self, updates: dict[str, object]) -> str | None:
        """Change this contact.

        :param updates: The new values, by field: first_name, last_name, gender, age, nationality, city_living, country,
            status, job, description, phone, email, address.
        :returns: A confirmation.
        """
        message: str | None = self.app.edit_contact(self.contact_id, updates)
        return message
