"""Friends plan two days in the mountains. The packing list differs a little from the usual one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCalendarApp, StatefulNotesApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import event_times
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, same_instant, verdict


@register_scenario("packing_list")
class PackingList(PAREScenario):
    """Hanna enters a trip to a hut. The agent offers a packing list for it, made of the usual one, and time to pack."""

    tags = ("app:calendar", "app:note", "skill:coordination", "skill:lookup", "level:hard")
    equivalent_mutants: ClassVar = {
        "argument:create_note.folder.other": "nobody has said in which folder the list belongs"
    }
    start_time = datetime(2025, 7, 8, 19, 30, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.hanna = self.draw.person("Hanna Moser")
        self.evening, self.day, self.back = self.draw.days("2025-07-11", "2025-07-12", "2025-07-13", days=2)
        self.choir, self.pack_at = self.draw.times("18:00", "20:00", minutes=60)
        self.hut = self.draw.choice("Raven Hut", "Fox Hut", "Glacier Hut", "Heather Hut")
        self.usual = self.draw.choice("Ear plugs", "Playing cards", "Camera")
        self.extra = self.draw.choice("head torch", "sun hat", "whistle")
        self.litres = self.draw.number(2, 2, 4)
        self.calendar, self.notes = StatefulCalendarApp(name="Calendar"), StatefulNotesApp(name="Notes")
        self.calendar.add_calendar_event(
            title="Choir",
            start_datetime=self.evening.at(self.choir),
            end_datetime=self.evening.at(self.choir.plus(90)),
        )
        self.notes.create_note_with_time(
            folder="Personal",
            title="Packing list for huts",
            content=f"- Sleeping bag\n- {self.usual}\n- Rain jacket\n- First-aid kit\n\nI pack on the evening before, "
            f"from {self.pack_at} to {self.pack_at.plus(30)}.",
            created_at="2024-06-20 21:00:00",
        )
        self.add_apps(self.calendar, self.notes)

    def build_events_flow(self) -> None:
        hut, extra, evening = self.hut, self.extra, self.evening
        with self.flow() as flow:
            planned = flow.at(
                35,
                self.calendar.add_calendar_event_by_attendee(
                    who_add=self.hanna.name,
                    title=hut,
                    start_datetime=self.day.at("07:00"),
                    end_datetime=self.back.at("18:00"),
                    location=f"Car park below the {hut}",
                    description=f"Everybody brings a {extra} and {self.litres} litres of water. The hut has blankets "
                    "this year, so no sleeping bags!",
                ),
            )
            flow.after(
                planned,
                3,
                self.calendar.get_calendar_events_from_to(
                    start_datetime=evening.at("00:00"), end_datetime=self.back.plus(1).at("00:00")
                ),
            )
            flow.then(2, self.notes.search_notes(query="packing"))
            flow.propose(
                3,
                f"{self.hanna.first_name} has entered the {hut}, from {self.day.weekday} to {self.back.weekday}. Shall "
                f"I write a packing list for it, your usual one for huts with {extra} and water but no sleeping bag, "
                f"and put half an hour for packing into your calendar, on {evening.weekday} at {self.pack_at} after "
                "choir?",
            )
            flow.accept(15, "You know me well. Yes.")
            flow.then(
                2,
                self.notes.create_note(
                    folder="Personal",
                    title=f"Packing list for the {hut}",
                    content=f"- {self.usual}\n- Rain jacket\n- First-aid kit\n- {extra.capitalize()}\n"
                    f"- {self.litres} litres of water",
                ),
            )
            flow.then(
                1,
                self.calendar.add_calendar_event(
                    title=f"Pack for the {hut}",
                    start_datetime=evening.at(self.pack_at),
                    end_datetime=evening.at(self.pack_at.plus(30)),
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        times = (self.evening.at(self.pack_at), self.evening.at(self.pack_at.plus(30)))
        lists = [note.content for folder in self.notes.folders.values() for note in folder.notes.values()]
        return verdict(
            env,
            Accepted(mentions(self.hut, "pack")),
            Writes(
                Write(
                    "StatefulNotesApp",
                    "create_note",
                    {"title": mentions(self.hut.split()[0]), "content": self._right_things},
                ),
                Write(
                    "StatefulCalendarApp",
                    "add_calendar_event",
                    {
                        "title": mentions("pack"),
                        "start_datetime": same_instant(times[0]),
                        "end_datetime": same_instant(times[1]),
                    },
                ),
            ),
            State("there is a packing list for this trip", any(map(self._right_things, lists))),
            State("there is time to pack", times in map(event_times, self.calendar.events.values())),
        )

    def _right_things(self, text: Any) -> bool:
        """Tell whether `text` lists the things and no sleeping bag. It may say to leave the sleeping bag at home."""
        things = mentions(
            self.usual, "rain jacket", "first-aid kit", (self.extra, self.extra.replace(" ", "")), "water"
        )
        return things(text) and all(line.strip(" -*.[]").casefold() != "sleeping bag" for line in text.splitlines())
