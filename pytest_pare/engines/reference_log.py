"""The event log of a run by ids and calls, and which of its events are reference steps that were played."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from are.simulation.types import Action

if TYPE_CHECKING:
    from are.simulation.types import CompletedEvent, EventType

    from pytest_pare.engines.steps import Step


class Moment(NamedTuple):
    """When something happened.

    Attributes:
        place: Its index in the event log; without an entry there, that of the entry before it.
        time: In epoch seconds; `None` without an entry in the event log.
    """

    place: int
    time: float | None


class LogIndex:
    """The event log by ids and calls. An update looks only at the events that are new.

    Args:
        log: The events, sorted by time.

    Attributes:
        events: The events.
        places: The place of an event, by its id; of several with one id, that of the last.
        calls: The places of all calls of a function, by type of event, name of the app and name of the function.
        shifts: How often events have got another place.
    """

    def __init__(self, log: Any) -> None:
        self._log = log
        self._clear()

    def _clear(self) -> None:
        self.shifts = self._log.shifts
        self.events: list[CompletedEvent] = []
        self.places: dict[str, int] = {}
        self.calls: dict[tuple[EventType, str, str], list[int]] = {}

    def update(self) -> None:
        """Add the events that are new."""
        if self.shifts != self._log.shifts:
            self._clear()
        for place in range(len(self.events), len(self._log)):
            event = self._log[place]
            self.events.append(event)
            self.places[event.event_id] = place
            # A validation event has a function in place of an action.
            if isinstance(event.action, Action):
                call = event.event_type, event.app_name(), event.function_name()
                self.calls.setdefault(call, []).append(place)


class Played:
    """The steps that were played, and those of their events that are known.

    An event of a step that is found stays the same: later events come behind it, and so do those of later steps. So a
    history searches only for the others.

    Attributes:
        steps: The steps, in the order in which they were played.
        taken: The steps of events, by place in the log.
        moments: When steps happened, by their ids.
        unknown: The steps whose events are not found, in the order in which they were played.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._begin((0, 0))

    def _begin(self, state: tuple[int, int]) -> None:
        self._state = state
        self.taken: dict[int, Step] = {}
        self.moments: dict[str, Moment] = {}
        self.unknown = list(self.steps)

    def add(self, step: Step) -> None:
        """Add a step that was played."""
        self.steps.append(step)
        self.unknown.append(step)

    def remove(self, step: Step) -> None:
        """Remove a step that is due again."""
        self.steps.remove(step)
        # Its event may be that of an earlier step.
        self._begin(self._state)

    def search(self, shifts: int, withdrawn: int) -> None:
        """Begin a search: from the start if known events have changed.

        Args:
            shifts: How often events have got another place in the log.
            withdrawn: How many acceptances the user has withdrawn.
        """
        if self._state != (shifts, withdrawn):
            self._begin((shifts, withdrawn))

    def found(self, step: Step, place: int, moment: Moment) -> None:
        """Note the event of a step."""
        self.taken[place] = step
        self.moments[step.event_id] = moment
        self.unknown.remove(step)
