"""`pytest-pare tools`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Shell


def test_all_apps(shell: Shell) -> None:
    lines = shell.lines("tools")
    assert lines[:4] == [
        "HomeScreenSystemApp: 2 tools of the agent, 3 of the user",
        "  agent: get_current_time(), wait_for_notification(timeout)",
        "  user: open_app(app_name), switch_app(app_name), go_home()",
        "",
    ]
    assert "  user, ApartmentDetail: save(), unsave(), go_back()" in lines
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("name", ["StatefulNotesApp", "notes", "NotesApp", "StatefulNotes"])
def test_one_app(shell: Shell, name: str) -> None:
    lines = shell.lines("tools", name)
    assert lines[:2] == ["StatefulNotesApp: 16 tools of the agent, 15 of the user on 4 screens", ""]
    assert lines[lines.index("agent") + 4 :][:4] == [
        "  create_note (write): Write a new note.",
        '      folder (str, default "Inbox"): Name of the folder that it goes to.',
        '      title (str, default ""): Title of the note; the beginning of its content',
        "          where it is empty.",
    ]
    assert max(map(len, lines)) <= 80


def test_tools_as_json(shell: Shell) -> None:
    printed = shell.json("tools", "PAREAgentUserInterface")
    (app,) = printed.pop("apps")
    assert printed == {"command": "tools", "version": 1}
    assert app["class"] == "PAREAgentUserInterface"
    # The agent does not read its messages by tools.
    assert [tool["name"] for tool in app["agent"]] == ["ask_user", "send_message_to_user", "wait"]
    assert app["agent"][0]["operation"] == "write"
    assert app["agent"][0]["parameters"]["required"] == ["content"]
    (screen,) = app["user"]
    assert screen["screen"] is None
    assert [tool["name"] for tool in screen["tools"]] == [
        "accept_proposal",
        "reject_proposal",
        "send_message_to_agent",
    ]


def test_tools_of_the_world(shell: Shell) -> None:
    lines = shell.lines("tools", "shopping")
    assert lines[lines.index("world") :][:3] == [
        "world",
        "  add_discount_code (write): Add a discount code to the inventory.",
        "      item_id (str): item id of the item for which this discount code works",
    ]
    assert "  add_order: Add an order of one item to the user's orders." in lines
    overview = "\n".join(shell.lines("tools"))
    assert "\n  world: add_discount_code(item_id, discount_code)" in overview
    assert "get_all_messages" not in overview
    (app,) = shell.json("tools", "email")["apps"]
    assert [tool["name"] for tool in app["populating"]] == ["create_and_add_email_with_time"]
    assert "send_email_to_user_with_id" in [tool["name"] for tool in app["world"]]


def test_the_user_has_no_attachments_as_text(shell: Shell) -> None:
    (app,) = shell.json("tools", "messaging")["apps"]
    arguments = {
        name for screen in app["user"] for tool in screen["tools"] for name in tool["parameters"]["properties"]
    }
    assert "attachments" not in arguments
    assert [screen["screen"] for screen in app["user"]] == ["ConversationList", "ConversationOpened"]
    of_screen = {screen["screen"]: [tool["name"] for tool in screen["tools"]] for screen in app["user"]}
    assert "go_back" not in of_screen["ConversationList"]
    assert "go_back" in of_screen["ConversationOpened"]


def test_an_app_of_a_project(shell: Shell) -> None:
    shell.write("pytest.ini", "[pytest]\npythonpath = src\n")
    shell.write(
        "src/garden_app.py",
        """\
        from are.simulation.apps.app import App
        from are.simulation.tool_utils import app_tool

        class Garden(App):
            def __init__(self):
                super().__init__("Garden")

            @app_tool()
            def water(self, litres: int) -> str:
                '''Water the beds.

                :param litres: How much.
                :returns: A confirmation.
                '''

        class Shed(Garden):
            def __init__(self, door):
                pass

        number = 1
        raise_error = property
        """,
    )
    assert shell.lines("tools", "garden_app:Garden") == [
        "Garden: 1 tool of the agent, 0 of the user",
        "",
        "agent",
        "  water (read): Water the beds.",
        "      litres (int): How much.",
        "",
        "user: none",
    ]
    assert shell.error("tools", "garden_app:Shed").startswith("Shed: cannot be made without arguments: TypeError: ")
    assert shell.error("tools", "garden_app:number") == "garden_app:number: expected a subclass of App, got 1"
    assert shell.error("tools", "garden_app:Pond").startswith("garden_app:Pond: cannot be imported: AttributeError")
    assert shell.error("tools", "no_app:Pond").startswith("no_app:Pond: cannot be imported: ModuleNotFoundError")


def test_an_unknown_app(shell: Shell) -> None:
    assert shell.error("tools", "calendars").startswith("there is no app 'calendars'; did you mean calendar?; expected")
