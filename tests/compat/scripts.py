"""Scripts of the scripted model in bundled scenarios: the calls after each news, and what their results contain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SAY = "PAREAgentUserInterface__send_message_to_user"


@dataclass(frozen=True)
class Call:
    """A tool call of the model.

    Attributes:
        name: The tool.
        arguments: Its arguments; `"{name}"` is a value that an earlier result gave.
        result: A text that its result contains, or the call has failed.
    """

    name: str
    arguments: Mapping[str, Any]
    result: str = ""


@dataclass(frozen=True)
class Stage:
    """What the model does after a message.

    Attributes:
        news: A text of the message that begins the stage.
        rounds: The calls of each of its answers; after them it answers with a text.
    """

    news: str
    rounds: tuple[tuple[Call, ...], ...]


@dataclass(frozen=True)
class Script:
    """What the model does in a scenario.

    Attributes:
        stages: Its stages.
        values: For each name, a pattern that finds the value in the results; the first group is the value.
    """

    stages: tuple[Stage, ...]
    values: Mapping[str, str] = field(default_factory=dict)


def say(content: str) -> tuple[Call]:
    return (Call(SAY, {"content": content}),)


SCRIPTS = {
    "new_number": Script(
        (
            Stage(
                "New message from Elena Rossi",
                (
                    (Call("Messages__read_conversation", {"conversation_id": "elena"}, "an old number of mine"),),
                    (Call("Contacts__search_contacts", {"query": "Elena"}, "0117"),),
                    say("Elena Rossi's number ends in 0171; your contacts have 0117. Shall I correct it?"),
                ),
            ),
            Stage(
                "Oh, yes please.",
                (
                    (
                        Call(
                            "Contacts__edit_contact",
                            {"contact_id": "{card}", "updates": {"phone": "+39 333 555 0171"}},
                            "updated",
                        ),
                    ),
                    say("Elena Rossi's number is corrected."),
                ),
            ),
        ),
        {"card": r"contact_id\W+(elena-rossi)"},
    ),
    "dinner_moved": Script(
        (
            Stage(
                "New message from Priya Shah",
                (
                    (
                        Call("Messages__read_conversation", {"conversation_id": "priya"}, "7 instead of 6"),
                        Call("Calendar__search_events", {"query": "Dinner with Priya"}, "Trattoria Verde"),
                    ),
                    say("Priya would like to have dinner at 19:00. Shall I move it until 21:00, and tell her?"),
                ),
            ),
            Stage(
                "Yes, please.",
                (
                    (
                        Call(
                            "Calendar__edit_calendar_event",
                            {
                                "event_id": "{dinner}",
                                "start_datetime": "2025-03-13 19:00:00",
                                "end_datetime": "2025-03-13 21:00:00",
                            },
                        ),
                    ),
                    (Call("Messages__send_message", {"user_id": "{priya}", "content": "19:00 works, see you! 🍝"}),),
                    say("The dinner is at 19:00 now, and Priya knows."),
                ),
            ),
        ),
        {"dinner": r"event_id\W+(\w+)", "priya": r"sender_id\W+(\w+)"},
    ),
    "shopping_list": Script(
        (
            Stage(
                "Item oat-flour-1000 has changed",
                (
                    (Call("Notes__search_notes", {"query": "oat flour"}, "3 jars"),),
                    (
                        Call("Shopping__get_product_details", {"product_id": "oat-flour"}, "oat-flour-1000"),
                        Call("Shopping__get_product_details", {"product_id": "coffee-beans"}, "coffee-500"),
                        Call("Shopping__get_product_details", {"product_id": "honey"}, "honey-jar"),
                        Call("Shopping__list_cart", {}),
                    ),
                    say("The oat flour on your shopping list is back. Shall I put all of the list into your cart?"),
                ),
            ),
            Stage(
                "Yes please, I'll order it tonight.",
                (
                    (
                        Call("Shopping__add_to_cart", {"item_id": "oat-flour-1000", "quantity": 2}),
                        Call("Shopping__add_to_cart", {"item_id": "coffee-500", "quantity": 2}),
                        Call("Shopping__add_to_cart", {"item_id": "honey-jar", "quantity": 3}),
                    ),
                    say("All of the list is in your cart."),
                ),
            ),
        ),
    ),
    "parcel_next_door": Script(
        (
            Stage(
                "Reminder: Fetch the parcel",
                (
                    (Call("Messages__read_conversation", {"conversation_id": "emeka"}, "18:15"),),
                    say("Emeka, who has your parcel, leaves at 18:15. Shall I ask him to leave it with Mrs Lund?"),
                ),
            ),
            Stage("No need, I've just rung his bell.", ()),
        ),
    ),
}
"""By scenario; the first has one call at a time, the others have several, ids of results, or a rejected proposal."""
