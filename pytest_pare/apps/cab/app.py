"""Cabs."""

from __future__ import annotations

import copy
import random
from contextlib import suppress
from typing import Any, ClassVar

from are.simulation.apps.cab import CabApp, Ride
from are.simulation.tool_utils import OperationType, app_tool, data_tool
from are.simulation.types import disable_events, event_registered
from are.simulation.utils import type_check, uuid_hex

from pytest_pare.apps.cab.states import CabHome, CabQuotationDetail, CabRideDetail, CabServiceOptions
from pytest_pare.apps.core import StatefulApp
from pytest_pare.apps.navigation import RESET, push
from pytest_pare.apps.tool_decorators import described_as
from pytest_pare.base.times import written_time


def _service_options(_home: CabHome, args: Any, _rides: Any) -> CabServiceOptions:
    return CabServiceOptions(args["start_location"], args["end_location"], args.get("ride_time"))


class StatefulCabApp(StatefulApp, CabApp):
    """Cabs: quotations, one ride at a time, and the rides that have been.

    Args:
        name: The app's name.
        **kwargs: The other fields of ARE's `CabApp`. A ride that is on-going is the last of the history.
    """

    root = CabHome
    transitions: ClassVar = {
        CabHome: {
            "list_rides": push(CabServiceOptions, _service_options),
            "open_current_ride": push(CabRideDetail, lambda _, __, ride: CabRideDetail(ride)),
        },
        CabServiceOptions: {
            "get_quotation": push(CabQuotationDetail, lambda _, __, ride: CabQuotationDetail(ride)),
        },
        CabQuotationDetail: {"order_ride": push(CabRideDetail, lambda _, __, ride: CabRideDetail(ride))},
        CabRideDetail: {"cancel_ride": RESET},
    }

    on_going_ride: Ride | None
    rng: random.Random

    def __init__(self, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        # ARE requires the on-going ride to be the last of the history when it ends or changes.
        if self.on_going_ride is not None and self.on_going_ride not in self.ride_history[-1:]:
            self.ride_history.append(self.on_going_ride)

    @type_check
    @data_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def add_new_ride(
        self,
        service_type: str,
        start_location: str,
        end_location: str,
        price: float,
        duration: float = 0.0,
        time_stamp: float = 0.0,
        distance_km: float = 0.0,
    ) -> str:
        """Add a new ride to the ride history.

        :param service_type: type of service (Default, Premium, Van)
        :param start_location: starting point of the ride
        :param end_location: ending point of the ride
        :param price: price of the ride
        :param duration: duration in minutes of the ride
        :param time_stamp: time stamp of the ride
        :param distance_km: distance in kilometers of the ride
        :returns: ride id of the added ride if successful, otherwise raise Exception.
        """
        with disable_events():
            ride_id: str = super().add_new_ride(
                service_type, start_location, end_location, price, duration, time_stamp, distance_km
            )
        # The on-going ride stays the last one; ARE refuses to change or end it otherwise.
        if self.on_going_ride is not None:
            self.ride_history[-2:] = reversed(self.ride_history[-2:])
        return ride_id

    def calculate_price(
        self, start_location: str, end_location: str, distance_km: float, service_type: str, time_stamp: float
    ) -> float:
        """Return the price of an earlier ride of this service on this route, or else a price by distance.

        It does not depend on chance or time, so a quotation does not expire. ARE draws a new price each time.
        """
        known = (
            ride.price
            for ride in self.quotation_history
            if (ride.start_location, ride.end_location, ride.service_type)
            == (start_location, end_location, service_type)
            and ride.price is not None
            and ride.price > 0
        )
        by_distance: float = distance_km * self.d_service_config[service_type]["price_per_km"]
        return next(known, by_distance)

    def calculate_distance(self, start_location: str, end_location: str) -> float:
        """Return the kilometers of a route: those of an earlier ride on it, or else a fixed draw from 5 to 20."""
        known = (
            ride.distance_km
            for ride in self.quotation_history
            if (ride.start_location, ride.end_location) == (start_location, end_location)
            and ride.distance_km is not None
            and ride.distance_km > 0
        )
        return next(known, self._fixed_draw(start_location, end_location).uniform(5, 20))

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.READ)
    @described_as(CabApp.get_quotation)
    def get_quotation(
        self, start_location: str, end_location: str, service_type: str, ride_time: str | None = None
    ) -> Ride:
        """Return what a ride would cost, and how long it would take. A quotation does not expire."""
        _, time_stamp = self._parse_ride_time(ride_time)
        question = (start_location, end_location, service_type, time_stamp)
        for ride in self.quotation_history:
            asked = (ride.start_location, ride.end_location, ride.service_type, ride.time_stamp)
            if asked == question and ride.status is None and ride.price is not None and ride.price > 0:
                return ride
        own, self.rng = self.rng, self._fixed_draw(start_location, end_location, service_type)
        try:
            with disable_events():
                quotation: Ride = super().get_quotation(start_location, end_location, service_type, ride_time)
        finally:
            self.rng = own
        quotation.ride_id = uuid_hex(own)
        return quotation

    def _parse_ride_time(self, ride_time: str | None = None) -> tuple[str, float]:
        # ARE reads each time by `strptime`, which takes ten times as long.
        if ride_time is not None:
            with suppress(ValueError):
                return ride_time, written_time(ride_time).timestamp()
        parsed: tuple[str, float] = super()._parse_ride_time(ride_time)
        return parsed

    def _fixed_draw(self, *question: object) -> random.Random:
        """Return a generator whose draws depend only on the seed and `question`."""
        return random.Random(f"{self.seed}/{question}")  # noqa: S311 - reproducible on purpose

    @type_check
    @app_tool()
    @data_tool()
    @event_registered(operation_type=OperationType.READ)
    def list_rides(self, start_location: str, end_location: str, ride_time: str | None = None) -> list[Ride]:
        """Lists all rides available between two locations.

        :param start_location: starting point of the ride
        :param end_location: ending point of the ride
        :param ride_time: the time of the ride in the format 'YYYY-MM-DD HH:MM:SS'. If None, the current time is used.
        :returns: list of Ride objects.
        """
        # ARE logs an event for each quotation, and keeps the first quotations when a later one fails.
        quotations = len(self.quotation_history)
        try:
            with disable_events():
                rides: list[Ride] = super().list_rides(start_location, end_location, ride_time)
        except Exception:
            del self.quotation_history[quotations:]
            raise
        return rides

    @type_check
    @app_tool()
    @data_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def order_ride(
        self, start_location: str, end_location: str, service_type: str, ride_time: str | None = None
    ) -> Ride:
        """Orders a ride and returns the ride details.

        :param start_location: starting point of the ride
        :param end_location: ending point of the ride
        :param service_type: type of service (Default, Premium, Van)
        :param ride_time: the time of the ride in the format 'YYYY-MM-DD HH:MM:SS'. If None, the current time is used.
        :returns: booked ride, represented by a Ride object.
        """
        # Checked first: a quotation would be kept even if the order failed.
        self._require_no_ride()
        with disable_events():
            return self.order_quotation(self.get_quotation(start_location, end_location, service_type, ride_time))

    def order_quotation(self, ride: Ride) -> Ride:
        """Order the ride of a quotation, at its time and price, without an event.

        Raises:
            ValueError: If there is an on-going ride.
        """
        self._require_no_ride()
        ride.set_booked()
        self.ride_history.append(ride)
        self.on_going_ride = ride
        return ride

    def _require_no_ride(self) -> None:
        if self.on_going_ride is not None:
            raise ValueError("You have an on-going ride.")

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.READ)
    def get_current_ride_status(self) -> Ride:
        """Check the status for the current ride ordered.

        :returns: ride details, represented by a Ride object.
        """
        if self.on_going_ride is None:
            raise ValueError("No ride ordered.")
        # ARE draws a new delay and writes it into the ride on every call.
        ride: Ride = copy.deepcopy(self.on_going_ride)
        if ride.delay is not None and ride.time_stamp is not None:
            minutes_passed = max(0.0, self.time_manager.time() - ride.time_stamp) / 60
            ride.delay = max(0.0, ride.delay - minutes_passed)
            ride.delay_history.append({"delay": ride.delay, "time_stamp": ride.time_stamp})
        return ride
