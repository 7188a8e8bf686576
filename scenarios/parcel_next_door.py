"""A neighbour who keeps a parcel has to leave, and the user is already on the doormat."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulMessagingApp, StatefulReminderApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import own_messages
from pytest_pare.scenarios.matchers import Rejected, State, mentions, verdict


@register_scenario("parcel_next_door")
class ParcelNextDoor(PAREScenario):
    """A reminder of a parcel falls due, and the neighbour is about to leave. The user declines help.

    The agent offers to have the parcel left downstairs and to move the reminder. The user has just rung the bell.
    """

    tags = ("app:messaging", "app:reminder", "skill:rejection", "skill:timing", "level:medium")
    start_time = datetime(2025, 12, 9, 17, 40, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.emeka, self.lund = self.draw.person("Emeka Okafor"), self.draw.person("Astrid Lund")
        self.leaves, until = self.draw.times("18:15", "19:00", minutes=30, earliest="18:15")
        self.user_goal = (
            f"You are on your way home to fetch your parcel from {self.emeka.first_name} next door, and will ring "
            f"{self.emeka.possessive} bell at six."
        )
        self.messaging, self.reminders = StatefulMessagingApp(name="Messages"), StatefulReminderApp(name="Reminders")
        self.chat = self.emeka.first_name.lower()
        self.emeka_id = self.messaging.add_chat(self.chat, self.emeka.name)
        self.reminders.add_reminder(
            title="Fetch the parcel",
            due_datetime="2025-12-09 18:00:00",
            description=f"At {self.emeka.name}'s, next door. {self.emeka.pronoun.capitalize()} is at home until "
            f"{until}.",
        )
        self.add_apps(self.messaging, self.reminders)

    def build_events_flow(self) -> None:
        emeka, downstairs = self.emeka, f"{'Mrs' if self.lund.pronoun == 'she' else 'Mr'} {self.lund.last_name}"
        with self.flow() as flow:
            leaving = flow.at(
                1140,
                self.messaging.create_and_add_message(
                    self.chat,
                    self.emeka_id,
                    f"I have to leave at {self.leaves} today. If you can't come before, I'll give your parcel to "
                    f"{downstairs} on the ground floor, {self.lund.pronoun} is in all evening.",
                ),
            )
            # The reminder falls due a minute after the message.
            flow.after(leaving, 61, self.reminders.get_due_reminders())
            flow.then(1, self.messaging.read_conversation(self.chat))
            flow.propose(
                2,
                f"{emeka.first_name}, who has your parcel, leaves at {self.leaves} today. Shall I ask "
                f"{emeka.objective} to give it to {downstairs} downstairs, and remind you of it again at 20:00?",
            )
            rejected = flow.reject(20, f"No need, I've just rung {emeka.possessive} bell.")
            met = flow.world_after(
                leaving,
                900,
                self.messaging.create_and_add_message(
                    self.chat, self.emeka_id, "Good that you came in time. What's in it, bricks?"
                ),
            )
            flow.after([rejected, met], 2, self.messaging.read_conversation(self.chat))
            flow.then(1, self.agent_ui.wait())

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        due = [str(reminder.due_datetime)[:16] for reminder in self.reminders.reminders.values()]
        return verdict(
            env,
            Rejected(mentions(self.emeka.first_name, "parcel")),
            State(f"nothing was written to {self.emeka.first_name}", not own_messages(self.messaging, self.chat)),
            State("the reminder is as it was", due == ["2025-12-09 18:00"]),
        )
