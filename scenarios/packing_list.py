"""Friends plan two days in the mountains. The packing list differs a little from the usual one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulCalendarApp, StatefulNotesApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, event_times, mentions

THINGS = mentions("ear plugs", "rain jacket", "first-aid kit", ("head torch", "headtorch"), "water")


@register_scenario("packing_list")
class PackingList(PAREScenario):
    """Hanna enters a trip to a hut. The agent offers a packing list for it, made of the usual one, and time to pack."""

    start_time = datetime(2025, 7, 8, 19, 30, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.notes = StatefulNotesApp(name="Notes")
        self.calendar.add_calendar_event(
            title="Choir", start_datetime="2025-07-11 18:00:00", end_datetime="2025-07-11 19:30:00"
        )
        self.notes.create_note_with_time(
            folder="Personal",
            title="Packing list for huts",
            content="- Sleeping bag\n- Ear plugs\n- Rain jacket\n- First-aid kit",
            created_at="2024-06-20 21:00:00",
        )
        self.apps = [self.agent_ui, self.system, self.calendar, self.notes]

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            planned = self.calendar.add_calendar_event_by_attendee(
                who_add="Hanna Moser",
                title="Raven Hut",
                start_datetime="2025-07-12 07:00:00",
                end_datetime="2025-07-13 18:00:00",
                location="Car park below the Raven Hut",
                description="Everybody brings a head torch and 2 litres of water. The hut has blankets this year, so "
                "no sleeping bags!",
            ).delayed(35)
            looked = (
                self.calendar.get_calendar_events_from_to(
                    start_datetime="2025-07-11 00:00:00", end_datetime="2025-07-14 00:00:00"
                )
                .oracle()
                .depends_on(planned, delay_seconds=3)
            )
            found = self.notes.search_notes(query="packing").oracle().depends_on(looked, delay_seconds=2)
            proposed = (
                self.agent_ui.send_message_to_user(
                    content="Hanna has entered the Raven Hut for the weekend. Shall I write a packing list for it, "
                    "your usual one for huts with head torch and water but no sleeping bag, and put half an hour for "
                    "packing into your calendar, on Friday at 20:00 after choir?"
                )
                .oracle()
                .depends_on(found, delay_seconds=3)
            )
            accepted = (
                self.agent_ui.accept_proposal(content="You know me well. Yes.")
                .oracle()
                .depends_on(proposed, delay_seconds=15)
            )
            written = (
                self.notes.create_note(
                    folder="Personal",
                    title="Packing list for the Raven Hut",
                    content="- Ear plugs\n- Rain jacket\n- First-aid kit\n- Head torch\n- 2 litres of water",
                )
                .oracle()
                .depends_on(accepted, delay_seconds=2)
            )
            entered = (
                self.calendar.add_calendar_event(
                    title="Pack for the Raven Hut",
                    start_datetime="2025-07-11 20:00:00",
                    end_datetime="2025-07-11 20:30:00",
                )
                .oracle()
                .depends_on(written, delay_seconds=1)
            )
        self.events = [planned, looked, found, proposed, accepted, written, entered]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        times = ("2025-07-11 20:00:00", "2025-07-11 20:30:00")
        lists = [note.content for folder in self.notes.folders.values() for note in folder.notes.values()]
        return check_consented_writes(
            env,
            Write("StatefulNotesApp", "create_note", {"title": mentions("Raven"), "content": _right_things}),
            Write(
                "StatefulCalendarApp",
                "add_calendar_event",
                {"title": mentions("pack"), "start_datetime": times[0], "end_datetime": times[1]},
            ),
            proposal=mentions("Raven Hut", "pack"),
            state={
                "there is a packing list for this trip": any(map(_right_things, lists)),
                "there is time to pack on Friday": times in map(event_times, self.calendar.events.values()),
            },
        )


def _right_things(text: Any) -> bool:
    """Tell whether `text` lists the needed things and no sleeping bag. It may say to leave the sleeping bag at home."""
    return THINGS(text) and all(line.strip(" -*.[]").casefold() != "sleeping bag" for line in text.splitlines())
