"""Apartments."""

from __future__ import annotations

from typing import Any, ClassVar

from are.simulation.apps.apartment_listing import Apartment, ApartmentListingApp
from are.simulation.tool_utils import OperationType, app_tool, data_tool, env_tool
from are.simulation.types import EventType, disable_events, event_registered
from are.simulation.utils import type_check

from pytest_pare.apps.apartment.states import ApartmentDetail, ApartmentFavorites, ApartmentHome, ApartmentSearch
from pytest_pare.apps.core import StatefulApp
from pytest_pare.apps.navigation import push
from pytest_pare.apps.tool_decorators import described_as

_DETAIL = push(ApartmentDetail, lambda _, args, __: ApartmentDetail(args["apartment_id"]))


class StatefulApartmentApp(StatefulApp, ApartmentListingApp):
    """Apartments to let, and those that the user has saved.

    Args:
        name: The app's name.
        **kwargs: The other fields of ARE's `ApartmentListingApp`. Saved is what is marked or listed so.
    """

    root = ApartmentHome
    transitions: ClassVar = {
        ApartmentHome: {
            "view_apartment": _DETAIL,
            "open_search": push(ApartmentSearch),
            "open_favorites": push(ApartmentFavorites),
        },
        ApartmentSearch: {"view_apartment": _DETAIL},
        ApartmentFavorites: {"view_apartment": _DETAIL},
    }

    def __init__(self, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        marked = [apartment_id for apartment_id, apartment in self.apartments.items() if apartment.saved]
        self.saved_apartments.extend(id_ for id_ in marked if id_ not in self.saved_apartments)

    @type_check
    @data_tool()
    @env_tool()
    @event_registered(operation_type=OperationType.WRITE, event_type=EventType.ENV)
    def delete_apartment(self, apartment_id: str) -> None:
        """Deletes a specific apartment by apartment_id.

        :param apartment_id: apartment id to delete
        :returns: nothing if successful, otherwise raise ValueError.
        """
        with disable_events():
            super().delete_apartment(apartment_id)
        # ARE leaves the id in the saved list; every later call that lists the saved apartments fails.
        if apartment_id in self.saved_apartments:
            self.saved_apartments.remove(apartment_id)

    @type_check
    @app_tool()
    @data_tool()
    @event_registered(operation_type=OperationType.READ)
    @described_as(ApartmentListingApp.search_apartments)
    def search_apartments(
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
        saved_only: bool = False,
    ) -> dict[str, Apartment]:
        """Return the apartments that pass all filters. A filter of 0 counts, too."""
        with disable_events():
            found = super().search_apartments(
                name,
                location,
                zip_code,
                min_price,
                max_price,
                number_of_bedrooms,
                number_of_bathrooms,
                property_type,
                square_footage,
                furnished_status,
                floor_level,
                pet_policy,
                lease_term,
                amenities,
                saved_only,
            )
        # ARE ignores a filter of 0.
        return {
            apartment_id: apartment
            for apartment_id, apartment in found.items()
            if (max_price is None or apartment.price <= max_price)
            and number_of_bedrooms in (None, apartment.bedrooms)
            and number_of_bathrooms in (None, apartment.bathrooms)
        }
