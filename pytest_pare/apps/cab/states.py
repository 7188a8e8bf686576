"""The screens of the cab app."""

from __future__ import annotations

from typing import Any

from are.simulation.apps.cab import Ride

from pytest_pare.apps.screens import WRITE, AppState
from pytest_pare.apps.tool_decorators import screen_tool


class CabHome(AppState):
    """Where a ride begins: from where to where; and the rides that have been."""

    @screen_tool()
    def list_rides(self, start_location: str, end_location: str, ride_time: str | None = None) -> list[Ride]:
        """Look for rides between two places, and open the choice of services.

        :param start_location: Where the ride starts.
        :param end_location: Where the ride ends.
        :param ride_time: Time of the ride, YYYY-MM-DD HH:MM:SS; null for now.
        :returns: A quotation for each service.
        """
        rides: list[Ride] = self.app.list_rides(start_location, end_location, ride_time)
        return rides

    @screen_tool()
    def open_current_ride(self) -> Ride:
        """Open the ride that is on-going.

        :returns: The ride.
        """
        return self.app.get_current_ride_status()

    @screen_tool()
    def get_ride_history(self, offset: int = 0, limit: int = 10) -> dict[str, Any]:
        """List the rides that were ordered so far, the oldest first.

        :param offset: How many rides to pass over.
        :param limit: How many rides to list at most.
        :returns: The rides by place in the history, with the range that is listed and the total number.
        """
        history: dict[str, Any] = self.app.get_ride_history(offset, limit)
        return history


class CabServiceOptions(AppState):
    """The services that drive from one place to another.

    Args:
        start_location: Where the ride starts.
        end_location: Where the ride ends.
        ride_time: Time of the ride, YYYY-MM-DD HH:MM:SS; `None` for now.
    """

    def __init__(self, start_location: str, end_location: str, ride_time: str | None = None) -> None:
        self.start_location = start_location
        self.end_location = end_location
        self.ride_time = ride_time

    @screen_tool()
    def list_service_types(self) -> list[str]:
        """List the services.

        :returns: The names of the services.
        """
        return list(self.app.d_service_config)

    @screen_tool()
    def get_quotation(self, service_type: str) -> Ride:
        """Ask for the price of the ride, and open the quotation.

        :param service_type: Name of the service.
        :returns: The quotation.
        """
        return self.app.get_quotation(self.start_location, self.end_location, service_type, self.ride_time)


class CabQuotationDetail(AppState):
    """One quotation.

    Args:
        ride: The ride that it is for.
    """

    def __init__(self, ride: Ride) -> None:
        self.ride = ride

    def is_valid(self) -> bool:
        """Tell whether the ride can still be ordered."""
        return self.ride.status is None

    @screen_tool()
    def show_quotation(self) -> Ride:
        """Show this quotation again.

        :returns: The quotation.
        """
        return self.ride

    @screen_tool(WRITE)
    def order_ride(self) -> Ride:
        """Order the ride as quoted, and open it.

        :returns: The ride.
        """
        return self.app.order_quotation(self.ride)


class CabRideDetail(AppState):
    """The ride that is on-going.

    Args:
        ride: The ride.
    """

    def __init__(self, ride: Ride) -> None:
        self.ride = ride

    def is_valid(self) -> bool:
        """Tell whether the ride is still on-going."""
        ride = self.app.on_going_ride
        return ride is not None and ride.ride_id == self.ride.ride_id

    @screen_tool(WRITE)
    def cancel_ride(self) -> str:
        """Cancel this ride.

        :returns: A confirmation.
        """
        if self.app.on_going_ride is not None and not self.is_valid():
            raise ValueError("This ride is over; another one is on-going.")
        message: str = self.app.user_cancel_ride()
        return message
