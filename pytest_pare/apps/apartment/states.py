"""The screens of the apartment app."""

from __future__ import annotations

from typing import Any

from are.simulation.apps.apartment_listing import Apartment

from pytest_pare.apps.screens import WRITE, AppState
from pytest_pare.apps.tool_decorators import screen_tool


class ApartmentHome(AppState):
    """The list of all apartments."""

    @screen_tool()
    def list_apartments(self) -> dict[str, Any]:
        """List all apartments.

        :returns: The apartments by id.
        """
        return dict(self.app.list_all_apartments())

    @screen_tool()
    def view_apartment(self, apartment_id: str) -> Apartment:
        """Open an apartment.

        :param apartment_id: Id of the apartment.
        :returns: The apartment.
        """
        return self.app.get_apartment_details(apartment_id)

    @screen_tool()
    def open_search(self) -> str:
        """Open the search for apartments.

        :returns: A confirmation.
        """
        return "The search for apartments is open."

    @screen_tool()
    def open_favorites(self) -> dict[str, Apartment]:
        """Open the apartments that were saved.

        :returns: The saved apartments by id.
        """
        saved: dict[str, Apartment] = self.app.list_saved_apartments()
        return saved


class ApartmentSearch(AppState):
    """The search for apartments."""

    @screen_tool()
    def search(
        self,
        name: str | None = None,
        location: str | None = None,
        zip_code: str | None = None,
        min_price: int | float | None = None,
        max_price: int | float | None = None,
        number_of_bedrooms: int | None = None,
        number_of_bathrooms: int | None = None,
        property_type: str | None = None,
        square_footage: int | None = None,
        furnished_status: str | None = None,
        floor_level: str | None = None,
        pet_policy: str | None = None,
        lease_term: str | None = None,
        amenities: list[str] | None = None,
    ) -> dict[str, Apartment]:
        """Search for apartments. What is not given does not matter.

        :param name: A part of the name.
        :param location: A part of the location.
        :param zip_code: The zip code.
        :param min_price: Lowest price.
        :param max_price: Highest price.
        :param number_of_bedrooms: How many bedrooms.
        :param number_of_bathrooms: How many bathrooms.
        :param property_type: Apartment, Condo, and so on.
        :param square_footage: Smallest floor space, in square feet.
        :param furnished_status: Furnished, Unfurnished, or Semi-furnished.
        :param floor_level: Ground floor, Upper floors, Penthouse, or Basement.
        :param pet_policy: Pets allowed, No pets, Cats allowed, or Dogs allowed.
        :param lease_term: Month-to-month, 6 months, 1 year, or Long term lease.
        :param amenities: What the apartment must have, all of it.
        :returns: The apartments that match, by id.
        """
        found: dict[str, Apartment] = self.app.search_apartments(
            name=name,
            location=location,
            zip_code=zip_code,
            min_price=min_price,
            max_price=max_price,
            number_of_bedrooms=number_of_bedrooms,
            number_of_bathrooms=number_of_bathrooms,
            property_type=property_type,
            square_footage=square_footage,
            furnished_status=furnished_status,
            floor_level=floor_level,
            pet_policy=pet_policy,
            lease_term=lease_term,
            amenities=amenities,
        )
        return found

    @screen_tool()
    def view_apartment(self, apartment_id: str) -> Apartment:
        """Open an apartment.

        :param apartment_id: Id of the apartment.
        :returns: The apartment.
        """
        return self.app.get_apartment_details(apartment_id)


class ApartmentFavorites(AppState):
    """The apartments that the user has saved."""

    @screen_tool()
    def view_apartment(self, apartment_id: str) -> Apartment:
        """Open a saved apartment.

        :param apartment_id: Id of the apartment.
        :returns: The apartment.
        """
        apartment = self.app.get_apartment_details(apartment_id)
        if apartment_id not in self.app.saved_apartments:
            raise ValueError("Apartment not in saved list")
        return apartment


class ApartmentDetail(AppState):
    """One apartment.

    Args:
        apartment_id: Id of the apartment.
    """

    def __init__(self, apartment_id: str) -> None:
        self.apartment_id = apartment_id

    @screen_tool(WRITE)
    def save(self) -> None:
        """Save this apartment.

        :returns: Nothing.
        """
        self.app.save_apartment(self.apartment_id)

    @screen_tool(WRITE)
    def unsave(self) -> None:
        """Take this apartment out of the saved ones.

        :returns: Nothing.
        """
        self.app.remove_saved_apartment(self.apartment_id)
