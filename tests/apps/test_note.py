"""The notes app: the tools of the agent and the user, and their errors."""

from __future__ import annotations

import base64
import copy
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.apps import SandboxLocalFileSystem
from are.simulation.types import EventRegisterer
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.apps.note import (
    EditNote,
    FolderList,
    Note,
    NoteDetail,
    NoteList,
    NotesFolder,
    StatefulNotesApp,
)
from pytest_pare.are.world import DEFAULT_START_TIME, World
from tests.apps.phone import Phone, described, interface, kinds_of, mark_of, parameters_of, phone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

CONTRACT = interface("note")
SCREENS = {screen.__name__: screen for screen in (NoteList, NoteDetail, EditNote, FolderList)}
# Opening the editor does not change the note.
USER_MARKS = {("NoteDetail", "edit"): "READ"}
# They did nothing, and have the name of the app's `go_back`.
NOT_HERE = {("NoteList", "go_back"), ("NoteDetail", "go_back")}
START = DEFAULT_START_TIME


def make() -> StatefulNotesApp:
    app = StatefulNotesApp(name="Notes")
    for number, (folder, title) in enumerate(
        [("Inbox", "Milk"), ("Inbox", "Eggs"), ("Work", "Plan"), ("Ideas", "Eggs")]
    ):
        app.create_note_with_time(
            folder,
            title,
            f"About {title}",
            created_at="2025-01-01 08:00:00",
            updated_at=f"2025-01-02 08:00:0{9 - number}",
        )
    return app


@pytest.fixture
def notes() -> Iterator[Phone]:
    with phone(make) as it:
        yield it


@contextmanager
def with_files(tmp_path: Path) -> Iterator[Phone]:
    with phone(make, lambda: SandboxLocalFileSystem(name="Files", sandbox_dir=str(tmp_path))) as it:
        files = it.env.apps["Files"]
        with EventRegisterer.disable():
            files.makedirs("Downloads", exist_ok=True)
            with files.open("menu.txt", "wb") as file:
                file.write(b"soup")
        yield it


def id_of(it: Phone, title: str, folder: str = "Inbox") -> str:
    return next(str(note.note_id) for note in it.app.folders[folder].notes.values() if note.title == title)


def titles(notes: Iterable[Note]) -> list[str]:
    return [note.title for note in notes]


class TestContract:
    @pytest.mark.parametrize("name", CONTRACT["methods"])
    def test_method(self, name: str) -> None:
        agreed, method = CONTRACT["methods"][name], getattr(StatefulNotesApp, name)
        assert sorted(kinds_of(method)) == sorted(agreed["kinds"])
        assert mark_of(method) == agreed["operation"]
        # The default time is now, not the time of the import.
        frozen = {"created_at": None} if name == "create_note_with_time" else {}
        assert parameters_of(method) == agreed["params"] | frozen

    @pytest.mark.parametrize("screen", CONTRACT["screens"])
    def test_screen(self, screen: str) -> None:
        agreed = {name: tool for name, tool in CONTRACT["screens"][screen].items() if (screen, name) not in NOT_HERE}
        offered = {n for n in dir(SCREENS[screen]) if kinds_of(getattr(SCREENS[screen], n))}
        assert offered == set(agreed)
        for name, tool in agreed.items():
            method = getattr(SCREENS[screen], name)
            assert kinds_of(method) == ["user_tool"]
            assert mark_of(method) == USER_MARKS.get((screen, name), tool["operation"])
            assert parameters_of(method) == tool["params"]

    def test_every_tool_is_described(self, notes: Phone) -> None:
        tools = notes.app.get_tools() + notes.app.get_env_tools() + notes.app.get_data_tools()
        for screen in (NoteList(), NoteDetail("x"), EditNote("x"), FolderList()):
            screen.bind_to_app(notes.app)
            tools += screen.get_available_actions()
        assert len(tools) == 16 + 1 + 2 + 5 + 8 + 1 + 2
        for tool in tools:
            assert tool.function_description
            assert all(argument.description for argument in tool.args), tool.name
            assert tool.return_description, tool.name

    def test_graph(self) -> None:
        assert StatefulNotesApp.get_state_graph() == {
            "EditNote": ["NoteDetail"],
            "FolderList": ["NoteList"],
            "NoteDetail": ["EditNote", "NoteDetail", "NoteList"],
            "NoteList": ["EditNote", "FolderList", "NoteDetail"],
        }
        assert "NoteDetail --> Previous: delete" in StatefulNotesApp.get_state_diagram()
        assert StatefulNotesApp().get_reachable_states(NoteList()) == [EditNote, FolderList, NoteDetail]


class TestConstructor:
    def test_defaults(self) -> None:
        app = StatefulNotesApp()
        assert (app.name, app.view_limit, app.internal_fs) == ("note", 5, None)
        assert list(app.folders) == app.default_folders == ["Inbox", "Personal", "Work"]
        assert CONTRACT["constructor"] == {"name": None, "view_limit": 5, "folders": None, "internal_fs": None}

    def test_arguments_count(self, tmp_path: Path) -> None:
        folder, files = NotesFolder("Inbox"), SandboxLocalFileSystem(sandbox_dir=str(tmp_path))
        folder.add_note(Note("n", "Title", "Text"))
        app = StatefulNotesApp(
            "Notes", view_limit=2, folders={"Ideas": NotesFolder("Ideas"), "Inbox": folder}, internal_fs=files
        )
        assert (app.name, app.view_limit, app.internal_fs) == ("Notes", 2, files)
        assert list(app.folders) == ["Ideas", "Inbox", "Personal", "Work"]
        assert app.get_note_by_id("n").title == "Title"


class TestScreens:
    def test_walk(self, notes: Phone) -> None:
        milk = id_of(notes, "Milk")
        notes.walk(
            {
                "NoteList": [("list_folders", {}), ("open", {"folder": "Work"})],
                "FolderList": [("list_folders", {})],
                "NoteDetail": [
                    ("new_note", {}),
                    ("update", {"title": "New", "content": ""}),
                    ("edit", {}),
                    ("update", {"title": "", "content": "Text"}),
                    ("duplicate", {}),
                ],
                "EditNote": [("open", {"note_id": milk}), ("move", {"dest_folder_name": "Work"}), ("new_note", {})],
            }
        )

    def test_what_each_screen_offers(self, notes: Phone) -> None:
        on_list = {"list_notes", "open", "new_note", "search", "list_folders"}
        assert notes.own_tools() == on_list
        notes.do("list_folders")
        assert notes.own_tools() == {"list_folders", "open", "go_back"}
        notes.do("open", folder="Inbox")
        assert notes.own_tools() == {*on_list, "go_back"}
        notes.do("open", note_id=id_of(notes, "Milk"))
        assert notes.own_tools() == {
            *("refresh", "list_attachments", "add_attachment", "remove_attachment"),
            *("delete", "edit", "duplicate", "move", "go_back"),
        }
        notes.do("edit")
        assert notes.own_tools() == {"update", "go_back"}

    def test_list(self, notes: Phone) -> None:
        listed = notes.do("list_notes")
        assert titles(listed.notes) == ["Milk", "Eggs"]
        assert (listed.notes_range, listed.total_returned_notes, listed.total_notes) == ((0, 2), 2, 2)
        listed = notes.do("list_notes", offset=1, limit=1)
        assert (titles(listed.notes), listed.notes_range, listed.total_notes) == (["Eggs"], (1, 2), 2)
        assert notes.do("list_notes", offset=2).notes == []
        assert notes.screen == "NoteList"

    def test_list_refuses(self, notes: Phone) -> None:
        notes.refuse(ValueError, "list_notes", "non-negative", offset=-1)
        notes.refuse(ValueError, "list_notes", "non-negative", limit=-1)
        notes.refuse(ValueError, "list_notes", "larger", offset=3)
        notes.refuse(TypeError, "list_notes", "offset", offset="0")

    def test_search_is_of_this_folder(self, notes: Phone) -> None:
        assert [note.note_id for note in notes.do("search", keyword="EGGS")] == [id_of(notes, "Eggs")]
        assert notes.do("search", keyword="Plan") == []
        notes.refuse(TypeError, "search", "keyword", keyword=None)
        assert notes.screen == "NoteList"

    def test_open_a_note(self, notes: Phone) -> None:
        plan = id_of(notes, "Plan", "Work")
        assert notes.do("open", note_id=plan).title == "Plan"
        assert (notes.screen, notes.app.current_state.note_id) == ("NoteDetail", plan)
        assert notes.do("refresh").title == "Plan"
        assert notes.do("list_attachments") == []
        assert notes.screen == "NoteDetail"

    def test_open_refuses(self, notes: Phone) -> None:
        notes.refuse(KeyError, "open", "does not exist", note_id="nothing")
        notes.refuse(ValueError, "open", "empty", note_id="")
        notes.refuse(TypeError, "open", "note_id", note_id=5)
        assert notes.app.navigation_stack == []

    def test_a_new_note_is_in_the_folder_that_is_shown(self, notes: Phone) -> None:
        notes.do("list_folders")
        assert titles(notes.do("open", folder="Work")) == ["Plan"]
        note_id = notes.do("new_note")
        assert (notes.screen, notes.app.current_state.note_id) == ("EditNote", note_id)
        notes.refuse(ValueError, "update", "Neither", title=" ", content="")
        notes.world.clock.advance(30)
        assert notes.do("update", title="Goals", content="Rest") == note_id
        assert (notes.screen, notes.app.current_state.note_id) == ("NoteDetail", note_id)
        note = notes.app.folders["Work"].notes[note_id]
        assert (note.title, note.content, note.created_at, note.updated_at) == ("Goals", "Rest", START, START + 30)

    def test_edit(self, notes: Phone) -> None:
        milk = id_of(notes, "Milk")
        notes.do("open", note_id=milk)
        assert notes.do("edit") == milk
        notes.do("update", title="", content="Two litres")
        assert (notes.app.get_note_by_id(milk).title, notes.app.get_note_by_id(milk).content) == ("Milk", "Two litres")
        assert [type(screen).__name__ for screen in notes.app.navigation_stack] == [
            "NoteList",
            "NoteDetail",
            "EditNote",
        ]

    def test_delete_goes_back_past_all_screens_of_the_note(self, notes: Phone) -> None:
        milk = id_of(notes, "Milk")
        notes.do("open", note_id=milk)
        notes.do("edit")
        notes.do("update", title="Oat milk", content="")
        assert notes.do("delete") == milk
        assert (notes.screen, notes.app.navigation_stack) == ("NoteList", [])
        assert titles(notes.app.folders["Inbox"].notes.values()) == ["Eggs"]

    def test_duplicate(self, notes: Phone) -> None:
        plan = id_of(notes, "Plan", "Work")
        notes.do("open", note_id=plan)
        copy_id = notes.do("duplicate")
        assert notes.app.current_state.note_id == copy_id
        assert notes.do("refresh").title == "Copy of Plan"
        assert titles(notes.app.folders["Work"].notes.values()) == ["Plan", "Copy of Plan"]
        notes.do("delete")
        assert notes.app.current_state.note_id == plan

    def test_move(self, notes: Phone) -> None:
        milk = id_of(notes, "Milk")
        notes.do("open", note_id=milk)
        notes.refuse(KeyError, "move", "does not exist", dest_folder_name="Nowhere")
        notes.refuse(KeyError, "move", "does not exist", dest_folder_name="")
        assert notes.do("move", dest_folder_name="Ideas") == milk
        assert (notes.screen, notes.app.current_state.folder) == ("NoteList", "Ideas")
        assert titles(notes.do("list_notes").notes) == ["Milk", "Eggs"]
        assert titles(notes.app.folders["Inbox"].notes.values()) == ["Eggs"]
        notes.do("go_back")
        assert notes.app.current_state.note_id == milk

    def test_attachments(self, tmp_path: Path) -> None:
        with with_files(tmp_path) as it:
            milk = id_of(it, "Milk")
            it.do("open", note_id=milk)
            for path in ("nothing.txt", "", "Downloads", str(tmp_path)):
                it.refuse(ValueError, "add_attachment", "does not exist", attachment_path=path)
            it.world.clock.advance(9)
            assert it.do("add_attachment", attachment_path="menu.txt") == milk
            assert it.do("list_attachments") == ["menu.txt"]
            assert it.app.get_note_by_id(milk).attachments == {"menu.txt": base64.b64encode(b"soup")}
            assert it.app.get_note_by_id(milk).updated_at == START + 9
            it.refuse(KeyError, "remove_attachment", "no attachment", attachment="soup.txt")
            it.refuse(KeyError, "remove_attachment", "no attachment", attachment="")
            assert it.do("remove_attachment", attachment="menu.txt") == milk
            assert it.do("list_attachments") == []
            assert it.screen == "NoteDetail"

    def test_folders(self, notes: Phone) -> None:
        assert notes.do("list_folders") == ["Inbox", "Personal", "Work", "Ideas"]
        assert notes.do("list_folders") == ["Inbox", "Personal", "Work", "Ideas"]
        assert notes.screen == "FolderList"
        assert len(notes.app.navigation_stack) == 1
        notes.refuse(KeyError, "open", "does not exist", folder="ideas")
        notes.refuse(KeyError, "open", "does not exist", folder="")
        notes.refuse(TypeError, "open", "folder", folder=["Ideas"])
        assert titles(notes.do("open", folder="Inbox")) == ["Milk", "Eggs"]
        assert (notes.screen, notes.app.current_state.folder) == ("NoteList", "Inbox")

    def test_a_note_that_the_agent_deletes(self, notes: Phone) -> None:
        milk = id_of(notes, "Milk")
        notes.do("open", note_id=milk)
        notes.agent("delete_note", note_id=milk)
        for tool in ("refresh", "list_attachments", "delete", "edit", "duplicate"):
            notes.refuse(KeyError, tool, "does not exist")
        notes.refuse(KeyError, "move", "does not exist", dest_folder_name="Work")
        notes.refuse(KeyError, "add_attachment", "does not exist", attachment_path="x")
        notes.do("go_back")
        assert notes.screen == "NoteList"

    def test_a_note_that_the_agent_deletes_while_it_is_written(self, notes: Phone) -> None:
        note_id = notes.do("new_note")
        notes.agent("delete_note", note_id=note_id)
        notes.refuse(KeyError, "update", "does not exist", title="Late", content="")
        notes.do("go_back")
        assert notes.screen == "NoteList"

    def test_a_folder_that_the_agent_deletes(self, notes: Phone) -> None:
        notes.do("list_folders")
        notes.do("open", folder="Ideas")
        notes.do("open", note_id=id_of(notes, "Milk"))
        notes.agent("delete_folder", folder_name="Ideas")
        notes.do("go_back")
        assert notes.screen == "FolderList"

    def test_a_tool_of_another_screen_is_not_there(self, notes: Phone) -> None:
        with pytest.raises(KeyError, match="update"):
            notes.do("update", title="a", content="b")
        assert "Notes__go_back" not in notes.tools()


class TestFolders:
    def test_new(self, notes: Phone) -> None:
        assert notes.agent("new_folder", folder_name="Trips") == "Trips"
        assert notes.agent("list_folders") == ["Inbox", "Personal", "Work", "Ideas", "Trips"]
        notes.agent_refused(KeyError, "new_folder", "already exists", folder_name="Trips")
        notes.agent_refused(ValueError, "new_folder", "needs a name", folder_name=" ")
        notes.agent_refused(TypeError, "new_folder", "folder_name", folder_name=None)

    def test_delete(self, notes: Phone) -> None:
        assert notes.agent("delete_folder", folder_name="Ideas") == "Ideas"
        assert notes.agent("search_notes", query="eggs")[0].note_id == id_of(notes, "Eggs")
        notes.agent_refused(KeyError, "delete_folder", "does not exist", folder_name="Ideas")
        for folder in ("Inbox", "Personal", "Work"):
            notes.agent_refused(KeyError, "delete_folder", "always there", folder_name=folder)

    def test_delete_is_a_tool_of_the_environment_too(self, notes: Phone) -> None:
        assert [tool.name for tool in notes.app.get_env_tools()] == ["Notes__delete_folder"]

    def test_rename(self, notes: Phone) -> None:
        notes.agent("new_folder", folder_name="Trips")
        assert notes.agent("rename_folder", folder="Ideas", new_folder="Thoughts") == "Thoughts"
        assert notes.agent("list_folders") == ["Inbox", "Personal", "Work", "Thoughts", "Trips"]
        assert notes.app.folders["Thoughts"].folder_name == "Thoughts"
        assert titles(notes.app.open_folder("Thoughts")) == ["Eggs"]
        rename = "rename_folder"
        notes.agent_refused(KeyError, rename, "does not exist", folder="Ideas", new_folder="X")
        notes.agent_refused(KeyError, rename, "already exists", folder="Trips", new_folder="Thoughts")
        notes.agent_refused(KeyError, rename, "always there", folder="Inbox", new_folder="X")
        notes.agent_refused(ValueError, rename, "needs a name", folder="Trips", new_folder="")

    def test_open_is_no_event(self, notes: Phone) -> None:
        before = len(notes.log())
        assert titles(notes.app.open_folder("Inbox")) == ["Milk", "Eggs"]
        with pytest.raises(KeyError, match="does not exist"):
            notes.app.open_folder("Nowhere")
        assert len(notes.log()) == before


class TestNotes:
    def test_create(self, notes: Phone) -> None:
        notes.world.clock.advance(5)
        note_id = notes.agent("create_note", folder="Work", title="Goals", content="Rest", pinned=True)
        note = notes.agent("get_note_by_id", note_id=note_id)
        assert note is notes.app.folders["Work"].notes[note_id]
        assert (note.title, note.content, note.created_at, note.updated_at) == ("Goals", "Rest", START + 5, START + 5)
        # The signature of the tool counts.
        assert note.pinned
        assert len(note_id) == 32

    def test_create_without_a_title(self, notes: Phone) -> None:
        note_id = notes.agent("create_note", content="x" * 60)
        assert notes.app.get_note_by_id(note_id).title == "x" * 50
        assert notes.app.folders["Inbox"].get_note_by_id(note_id) is not None

    def test_create_refuses(self, notes: Phone) -> None:
        notes.agent_refused(KeyError, "create_note", "does not exist", folder="Nowhere", title="a")
        notes.agent_refused(KeyError, "create_note", "does not exist", folder="", title="a")
        notes.agent_refused(TypeError, "create_note", "pinned", title="a", pinned="yes")

    def test_create_with_time(self, notes: Phone) -> None:
        app = notes.app
        note = app.get_note_by_id(app.create_note_with_time("New", "", "Text", True, "2025-01-01 00:00:00"))
        assert (note.title, note.content, note.pinned) == ("", "Text", True)
        assert note.created_at == note.updated_at == 1735689600
        assert app.folders["New"].notes == {note.note_id: note}
        # A tool for content of the scenario; its interface has USER events.
        create = ("USER", "create_note_with_time", False)
        assert described([e for e in notes.log() if e.function_name() == "create_note_with_time"])[0] == create
        notes.world.clock.advance(3)
        note = app.get_note_by_id(app.create_note_with_time(title="Now"))
        assert note.created_at == note.updated_at == START + 3
        assert notes.screen == "NoteList"

    @pytest.mark.parametrize(
        ("arguments", "match"),
        [
            ({"created_at": "01/01/2025"}, "does not match format"),
            ({"created_at": ""}, "does not match format"),
            ({"updated_at": "2025-01-01T00:00:00"}, "does not match format"),
            ({"created_at": "2025-01-02 00:00:00", "updated_at": "2025-01-01 00:00:00"}, "before it is written"),
        ],
    )
    def test_create_with_time_refuses(self, notes: Phone, arguments: dict[str, Any], match: str) -> None:
        before = copy.deepcopy(notes.app.get_state())
        with pytest.raises(ValueError, match=match):
            notes.app.create_note_with_time("New", "Title", **arguments)
        with pytest.raises(ValueError, match="needs a name"):
            notes.app.create_note_with_time("", "Title")
        assert notes.app.get_state() == before

    def test_get_refuses(self, notes: Phone) -> None:
        notes.agent_refused(KeyError, "get_note_by_id", "does not exist", note_id="nothing")
        notes.agent_refused(ValueError, "get_note_by_id", "empty", note_id="")
        notes.agent_refused(TypeError, "get_note_by_id", "note_id", note_id=5)

    def test_update(self, notes: Phone) -> None:
        milk = id_of(notes, "Milk")
        notes.world.clock.advance(5)
        assert notes.agent("update_note", note_id=milk, title="Oat milk") == milk
        note = notes.app.get_note_by_id(milk)
        assert (note.title, note.content, note.updated_at) == ("Oat milk", "About Milk", START + 5)
        notes.agent("update_note", note_id=milk, title="  ", content="Two")
        assert (note.title, note.content) == ("Oat milk", "Two")
        notes.agent_refused(ValueError, "update_note", "Neither", note_id=milk)
        notes.agent_refused(ValueError, "update_note", "Neither", note_id=milk, title="", content=" ")
        notes.agent_refused(KeyError, "update_note", "does not exist", note_id="nothing", title="a")

    def test_delete(self, notes: Phone) -> None:
        milk = id_of(notes, "Milk")
        assert notes.agent("delete_note", note_id=milk) == milk
        notes.agent_refused(KeyError, "delete_note", "does not exist", note_id=milk)

    def test_move(self, notes: Phone) -> None:
        milk = id_of(notes, "Milk")
        assert notes.agent("move_note", note_id=milk) == milk
        assert titles(notes.app.folders["Personal"].notes.values()) == ["Milk"]
        move = "move_note"
        notes.agent_refused(KeyError, move, "not in the folder Inbox", note_id=milk)
        notes.agent_refused(KeyError, move, "does not exist", note_id=milk, source_folder_name="Nowhere")
        personal = {"note_id": milk, "source_folder_name": "Personal"}
        notes.agent_refused(KeyError, move, "does not exist", dest_folder_name="", **personal)
        before = copy.deepcopy(notes.app.get_state())
        notes.agent(move, dest_folder_name="Personal", **personal)
        assert notes.app.get_state() == before

    def test_duplicate(self, notes: Phone) -> None:
        milk = id_of(notes, "Milk")
        note = notes.app.get_note_by_id(milk)
        note.attach("menu.txt", b"eA==")
        notes.world.clock.advance(5)
        copied = notes.app.get_note_by_id(notes.agent("duplicate_note", folder_name="Inbox", note_id=milk))
        assert (copied.title, copied.content) == ("Copy of Milk", "About Milk")
        assert copied.created_at == copied.updated_at == START + 5
        notes.agent("remove_attachment", note_id=milk, attachment="menu.txt")
        assert (note.attachments, copied.attachments) == ({}, {"menu.txt": b"eA=="})
        notes.agent_refused(KeyError, "duplicate_note", "not in the folder", folder_name="Work", note_id=milk)
        notes.agent_refused(KeyError, "duplicate_note", "does not exist", folder_name="Nowhere", note_id=milk)

    def test_list_pages_by_age_and_sorts_the_page_by_change(self, notes: Phone) -> None:
        notes.agent("update_note", note_id=id_of(notes, "Eggs"), content="Six")
        assert titles(notes.agent("list_notes", folder="Inbox").notes) == ["Eggs", "Milk"]
        assert titles(notes.agent("list_notes", folder="Inbox", limit=1).notes) == ["Milk"]
        notes.agent_refused(ValueError, "list_notes", "does not exist", folder="Nowhere")
        notes.agent_refused(ValueError, "list_notes", "does not exist", folder="")
        notes.agent_refused(ValueError, "list_notes", "non-negative", folder="Inbox", offset=-1)

    def test_search(self, notes: Phone) -> None:
        assert titles(notes.agent("search_notes", query="ABOUT")) == ["Milk", "Eggs", "Plan", "Eggs"]
        assert titles(notes.agent("search_notes", query="milk")) == ["Milk"]
        assert notes.agent("search_notes", query="butter") == []
        found = notes.agent("search_notes_in_folder", query="eggs", folder_name="Ideas")
        assert [note.note_id for note in found] == [id_of(notes, "Eggs", "Ideas")]
        notes.agent_refused(KeyError, "search_notes_in_folder", "does not exist", query="eggs", folder_name="Nowhere")

    def test_attachments(self, notes: Phone, tmp_path: Path) -> None:
        (tmp_path / "menu.txt").write_bytes(b"soup")
        milk, path = id_of(notes, "Milk"), str(tmp_path / "menu.txt")
        assert notes.agent("add_attachment_to_note", note_id=milk, attachment_path=path) == milk
        assert notes.agent("list_attachments", note_id=milk) == ["menu.txt"]
        assert "menu.txt" in repr(notes.app.get_note_by_id(milk))
        assert "c291cA==" not in repr(notes.app.folders["Inbox"].get_notes())
        add = "add_attachment_to_note"
        notes.agent_refused(ValueError, add, "does not exist", note_id=milk, attachment_path=str(tmp_path / "x"))
        notes.agent_refused(KeyError, add, "does not exist", note_id="nothing", attachment_path=path)
        notes.agent_refused(KeyError, "list_attachments", "does not exist", note_id="nothing")
        notes.agent_refused(KeyError, "remove_attachment", "does not exist", note_id="nothing", attachment="menu.txt")
        assert notes.agent("remove_attachment", note_id=milk, attachment="menu.txt") == milk

    def test_add_attachment_is_no_event(self, notes: Phone, tmp_path: Path) -> None:
        (tmp_path / "menu.txt").write_bytes(b"soup")
        before, note = len(notes.log()), Note("n", "t", "c", attachments=None)
        assert notes.app.add_attachment(note, str(tmp_path / "menu.txt")) is note
        note.add_attachment(str(tmp_path / "menu.txt"))
        assert note.attachments == {"menu.txt": b"c291cA=="}
        with pytest.raises(ValueError, match="does not exist"):
            note.add_attachment("nothing.txt")
        assert len(notes.log()) == before

    def test_reads_leave_everything_as_it_is(self, notes: Phone) -> None:
        milk = id_of(notes, "Milk")
        calls: dict[str, dict[str, Any]] = {
            "get_note_by_id": {"note_id": milk},
            "list_attachments": {"note_id": milk},
            "list_folders": {},
            "list_notes": {"folder": "Inbox"},
            "search_notes": {"query": "milk"},
            "search_notes_in_folder": {"query": "milk", "folder_name": "Inbox"},
        }
        assert set(calls) == {
            tool.name.removeprefix("Notes__") for tool in notes.app.get_tools() if not tool.write_operation
        }
        before = copy.deepcopy(notes.app.get_state())
        for tool, arguments in calls.items():
            notes.agent(tool, **arguments)
            assert notes.app.get_state() == before, tool


class TestFolder:
    def test_notes_by_place_and_id(self) -> None:
        folder = NotesFolder("Inbox")
        folder.add_note(Note("a", "A", ""))
        assert [(note_id, note.title) for note_id, note in folder.notes.items()] == [("a", "A")]
        assert folder.get_note(0).note_id == "a"
        for place in (1, -1):
            with pytest.raises(IndexError, match="does not exist"):
                folder.get_note(place)
        assert folder.get_note_by_id("b") is None
        assert (folder.remove_note("b"), folder.remove_note("a"), folder.notes) == (False, True, {})

    @given(changes=st.lists(st.integers(0, 9), max_size=12), offset=st.integers(0, 12), limit=st.integers(0, 12))
    def test_pages(self, changes: list[int], offset: int, limit: int) -> None:
        folder = NotesFolder("Inbox")
        for number, updated_at in enumerate(changes):
            folder.add_note(Note(str(number), "", "", updated_at=updated_at))
        if offset > len(changes):
            with pytest.raises(ValueError, match="larger"):
                folder.get_notes(offset, limit)
            return
        page = folder.get_notes(offset, limit)
        shown = [int(note.note_id) for note in page.notes]
        assert sorted(shown) == list(range(len(changes)))[offset : offset + limit]
        assert [changes[number] for number in shown] == sorted((changes[number] for number in shown), reverse=True)
        assert (page.notes_range, page.total_returned_notes) == ((offset, offset + len(shown)), len(shown))


class TestWorld:
    def test_a_note_without_an_id_gets_one_of_the_world(self) -> None:
        def made() -> Note:
            with World("seed").active():
                return Note("", "Title", "Text")

        assert made() == made()
        assert len(made().note_id) == 32
        assert made().created_at == made().updated_at == START
        assert Note("", "Title", "Text").note_id != Note("", "Title", "Text").note_id

    def test_state_is_json_and_comes_back(self, notes: Phone) -> None:
        notes.app.get_note_by_id(id_of(notes, "Milk")).attach("menu.txt", b"eA==")
        state = json.loads(json.dumps(notes.app.get_state()))
        assert set(state) == {"view_limit", "folders"}
        assert state["folders"]["Inbox"]["notes"][0]["attachments"] == {"menu.txt": "eA=="}
        other = StatefulNotesApp("Other", view_limit=1)
        other.load_state(state)
        assert other.get_state() == notes.app.get_state()
        assert other.folders["Inbox"].notes == notes.app.folders["Inbox"].notes

    def test_the_state_is_a_copy(self, notes: Phone) -> None:
        state = notes.app.get_state()
        state["folders"]["Inbox"]["notes"][0]["title"] = "Changed"
        assert titles(notes.app.folders["Inbox"].notes.values()) == ["Milk", "Eggs"]

    def test_reset(self, notes: Phone) -> None:
        notes.do("open", note_id=id_of(notes, "Milk"))
        notes.app.reset()
        assert {name: folder.notes for name, folder in notes.app.folders.items()} == {
            "Inbox": {},
            "Personal": {},
            "Work": {},
            "Ideas": {},
        }
        assert notes.screen == "NoteList"
        assert notes.app.reset_to_root() == "Notes shows its first screen, NoteList."

    def test_other_protocols_are_not_of_interest(self) -> None:
        app = StatefulNotesApp()
        app.connect_to_protocols({})
        assert app.internal_fs is None

    def test_ids_come_from_the_seed(self) -> None:
        def play(seed: str) -> str:
            with phone(make, seed=seed) as it:
                it.do("new_note")
                it.do("update", title="A", content="B")
                it.do("duplicate")
                it.agent("create_note", title="C")
                return json.dumps([it.app.get_state(), [event.event_id for event in it.log()]])

        assert play("a") == play("a")
        assert play("a") != play("b")
