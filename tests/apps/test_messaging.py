"""The messaging app: the tools of the agent and the user, and their errors."""

from __future__ import annotations

import copy
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.apps import SandboxLocalFileSystem
from are.simulation.apps.messaging_v2 import ConversationV2, FileMessageV2, MessageV2, MessagingAppMode
from are.simulation.types import EventRegisterer, EventType
from are.simulation.utils import EnumEncoder

from pytest_pare.apps.messaging import ConversationList, ConversationOpened, StatefulMessagingApp
from pytest_pare.are.world import DEFAULT_START_TIME, World
from tests.apps.phone import Phone, described, interface, kinds_of, mark_of, parameters_of, phone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTRACT = interface("messaging")
SCREENS = {screen.__name__: screen for screen in (ConversationList, ConversationOpened)}
# Sending a message is not a read.
USER_MARKS = {("ConversationOpened", "send_message"): "WRITE"}
START = DEFAULT_START_TIME


def make() -> StatefulMessagingApp:
    app = StatefulMessagingApp(name="Messages")
    app.add_users(["Alex", "Sam"])
    me, alex, sam = app.current_user_id, app.name_to_id["Alex"], app.name_to_id["Sam"]
    for conversation_id, people, title, last in (
        ("lunch", [me, alex], "Lunch", 30),
        ("plain", [me, alex], "Alex", 20),
        ("trip", [me, alex, sam], "Trip", 10),
    ):
        messages = [MessageV2(alex, f"{conversation_id}-{i}", START - 100 + i, f"{title} {i}") for i in range(3)]
        app.add_conversation(ConversationV2(people, messages, title, conversation_id, START - 100 + last))
    return app


@pytest.fixture
def messages() -> Iterator[Phone]:
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


def sent(it: Phone, conversation_id: str) -> list[str]:
    return [message.content for message in it.app.conversations[conversation_id].messages[3:]]


class TestContract:
    @pytest.mark.parametrize("name", CONTRACT["methods"])
    def test_method(self, name: str) -> None:
        agreed, method = CONTRACT["methods"][name], getattr(StatefulMessagingApp, name)
        assert sorted(kinds_of(method)) == sorted(agreed["kinds"])
        assert mark_of(method) == agreed["operation"]
        assert parameters_of(method) == agreed["params"]

    @pytest.mark.parametrize("screen", CONTRACT["screens"])
    def test_screen(self, screen: str) -> None:
        agreed = CONTRACT["screens"][screen]
        offered = {n for n in dir(SCREENS[screen]) if kinds_of(getattr(SCREENS[screen], n))}
        assert offered == set(agreed)
        for name, tool in agreed.items():
            method = getattr(SCREENS[screen], name)
            assert kinds_of(method) == ["user_tool"]
            assert mark_of(method) == USER_MARKS.get((screen, name), tool["operation"])
            assert parameters_of(method) == tool["params"]

    def test_every_tool_is_described(self, messages: Phone) -> None:
        tools = messages.app.get_tools() + messages.app.get_env_tools()
        for screen in (ConversationList(), ConversationOpened("trip")):
            screen.bind_to_app(messages.app)
            tools += screen.get_available_actions()
        for tool in tools:
            assert tool.function_description
            assert all(argument.description for argument in tool.args), tool.name
            assert tool.return_description, tool.name

    def test_graph(self) -> None:
        assert StatefulMessagingApp.get_state_graph() == {
            "ConversationList": ["ConversationOpened"],
            "ConversationOpened": [],
        }
        assert "ConversationList --> ConversationOpened: open_conversation" in StatefulMessagingApp.get_state_diagram()

    def test_default_name(self) -> None:
        assert StatefulMessagingApp().name == "StatefulMessagingApp"


class TestConstructor:
    def test_the_owner_is_john_doe(self) -> None:
        app = StatefulMessagingApp()
        assert app.current_user_name == "John Doe"
        assert app.id_to_name == {app.current_user_id: "John Doe"}
        assert app.name_to_id == {"John Doe": app.current_user_id}

    def test_a_named_owner_is_kept(self) -> None:
        app = StatefulMessagingApp(current_user_id="me", current_user_name="Kim")
        assert (app.id_to_name, app.name_to_id) == ({"me": "Kim"}, {"Kim": "me"})

    def test_an_owner_known_by_id_keeps_the_name(self) -> None:
        app = StatefulMessagingApp(current_user_id="me", id_to_name={"me": "Kim"})
        assert app.current_user_name == "Kim"
        assert app.name_to_id == {"Kim": "me"}

    def test_an_owner_known_by_name_keeps_the_id(self) -> None:
        app = StatefulMessagingApp(current_user_name="Kim", name_to_id={"Kim": "me"})
        assert app.current_user_id == "me"
        assert app.id_to_name == {"me": "Kim"}

    def test_other_arguments_count(self) -> None:
        conversation = ConversationV2(["a"], conversation_id="c")
        app = StatefulMessagingApp(
            "Chat",
            mode=MessagingAppMode.PHONE_NUMBER,
            conversations={"c": conversation},
            messages_view_limit=3,
            conversation_view_limit=2,
        )
        assert (app.name, app.mode, app.conversations) == ("Chat", MessagingAppMode.PHONE_NUMBER, {"c": conversation})
        assert (app.messages_view_limit, app.conversation_view_limit) == (3, 2)


class TestScreens:
    def test_walk(self, messages: Phone) -> None:
        messages.walk(
            {"ConversationList": [], "ConversationOpened": [("open_conversation", {"conversation_id": "trip"})]}
        )

    def test_what_each_screen_offers(self, messages: Phone) -> None:
        assert messages.own_tools() == {"list_recent_conversations", "search_conversations", "open_conversation"}
        messages.do("open_conversation", conversation_id="lunch")
        assert messages.own_tools() == {"read_messages", "send_message", "go_back"}

    def test_list(self, messages: Phone) -> None:
        listed = messages.do("list_recent_conversations")
        assert [conversation.conversation_id for conversation in listed] == ["lunch", "plain", "trip"]
        listed = messages.do(
            "list_recent_conversations",
            offset=1,
            limit=1,
            offset_recent_messages_per_conversation=1,
            limit_recent_messages_per_conversation=1,
        )
        assert [[message.content for message in conversation.messages] for conversation in listed] == [["Alex 1"]]
        assert messages.screen == "ConversationList"

    @pytest.mark.parametrize(
        ("arguments", "match"),
        [
            ({"limit": 6}, "Limit must be smaller"),
            ({"offset": -1}, "Offset must be non-negative"),
            ({"offset": 4}, "Offset is larger"),
            ({"limit_recent_messages_per_conversation": 11}, "Limit must be smaller"),
            ({"offset_recent_messages_per_conversation": -1}, "Offset must be non-negative"),
        ],
    )
    def test_list_refuses(self, messages: Phone, arguments: dict[str, Any], match: str) -> None:
        messages.refuse(ValueError, "list_recent_conversations", match, **arguments)
        messages.agent_refused(ValueError, "list_recent_conversations", match, **arguments)

    def test_search(self, messages: Phone) -> None:
        assert messages.do("search_conversations", query="TRIP 2") == ["trip"]
        assert messages.do("search_conversations", query="") == ["lunch", "plain", "trip"]
        assert messages.do("search_conversations", query="", limit=2) == ["lunch", "plain"]
        dates = {"min_date": "2025-01-06 08:58:22", "max_date": "2025-01-06 09:00:00"}
        assert messages.do("search_conversations", query="trip 2", **dates) == ["trip"]
        assert messages.do("search_conversations", query="trip 0", **dates) == []

    def test_search_refuses(self, messages: Phone) -> None:
        messages.refuse(ValueError, "search_conversations", "does not match format", query="zzz", min_date="06/01/2025")
        messages.refuse(ValueError, "search_conversations", "does not match format", query="zzz", max_date="")
        messages.refuse(ValueError, "search_conversations", "non-negative", query="a", limit=-1)
        messages.refuse(TypeError, "search_conversations", "query", query=5)

    def test_open_shows_twenty_messages(self, messages: Phone) -> None:
        for number in range(30):
            messages.app.add_message("trip", messages.app.current_user_id, str(number), START + number)
        opened = messages.do("open_conversation", conversation_id="trip")
        assert [message.content for message in opened["messages"]] == [str(n) for n in range(29, 9, -1)]
        assert opened["metadata"]["conversation_length"] == 33
        assert messages.screen == "ConversationOpened"
        assert messages.app.current_state.conversation_id == "trip"

    @pytest.mark.parametrize("conversation_id", ["nobody", ""])
    def test_open_refuses_unknown_ids(self, messages: Phone, conversation_id: str) -> None:
        messages.refuse(ValueError, "open_conversation", "not found", conversation_id=conversation_id)
        assert messages.screen == "ConversationList"
        assert messages.app.navigation_stack == []

    def test_open_refuses_other_mistakes(self, messages: Phone) -> None:
        messages.refuse(ValueError, "open_conversation", "positive", conversation_id="trip", offset=-1)
        messages.refuse(ValueError, "open_conversation", "larger", conversation_id="trip", offset=4)
        messages.refuse(TypeError, "open_conversation", "limit", conversation_id="trip", limit="20")

    def test_read(self, messages: Phone) -> None:
        messages.do("open_conversation", conversation_id="trip")
        read = messages.do("read_messages", offset=1, limit=1)
        assert [message.content for message in read["messages"]] == ["Trip 1"]
        assert read["metadata"] == {
            "message_range": (1, 2),
            "conversation_length": 3,
            "conversation_id": "trip",
            "conversation_title": "Trip",
        }
        read = messages.do("read_messages", min_date="2025-01-06 08:58:22", max_date="2025-01-06 08:58:22")
        assert [message.content for message in read["messages"]] == ["Trip 2"]

    def test_read_refuses(self, messages: Phone) -> None:
        messages.do("open_conversation", conversation_id="trip")
        messages.refuse(ValueError, "read_messages", "positive", offset=-1)
        messages.refuse(ValueError, "read_messages", "larger", offset=4)
        messages.refuse(ValueError, "read_messages", "does not match format", min_date="tomorrow")
        messages.refuse(TypeError, "read_messages", "offset", offset=None)

    @pytest.mark.parametrize("conversation_id", ["lunch", "plain", "trip"])
    def test_a_message_lands_in_the_conversation_that_is_open(self, messages: Phone, conversation_id: str) -> None:
        messages.do("open_conversation", conversation_id=conversation_id)
        messages.world.clock.advance(60)
        assert messages.do("send_message", content="Hello") == conversation_id
        assert {name: sent(messages, name) for name in messages.app.conversations} == {
            "lunch": [],
            "plain": [],
            "trip": [],
        } | {conversation_id: ["Hello"]}
        message = messages.app.conversations[conversation_id].messages[-1]
        assert message.sender_id == messages.app.current_user_id
        assert message.timestamp == messages.app.conversations[conversation_id].last_updated == START + 60
        assert messages.screen == "ConversationOpened"

    def test_a_message_with_a_file_of_the_phone(self, tmp_path: Path) -> None:
        with with_files(tmp_path) as it:
            it.do("open_conversation", conversation_id="lunch")
            it.do("send_message", content="Look", attachment_path="menu.txt")
            message = it.app.conversations["lunch"].messages[-1]
            assert (message.attachment, message.attachment_name) == (b"c291cA==", "menu.txt")

    def test_a_message_with_a_file_of_the_disk(self, messages: Phone, tmp_path: Path) -> None:
        (tmp_path / "menu.txt").write_bytes(b"soup")
        messages.do("open_conversation", conversation_id="lunch")
        messages.do("send_message", content="", attachment_path=str(tmp_path / "menu.txt"))
        assert messages.app.conversations["lunch"].messages[-1].attachment == b"c291cA=="

    @pytest.mark.parametrize("path", ["nothing.txt", "", "Downloads"])
    def test_send_refuses_files_that_are_none(self, tmp_path: Path, path: str) -> None:
        with with_files(tmp_path) as it:
            it.do("open_conversation", conversation_id="lunch")
            it.refuse(ValueError, "send_message", "does not exist", content="Look", attachment_path=path)

    def test_a_file_of_the_host_is_none_of_the_phone(self, tmp_path: Path) -> None:
        (tmp_path / "secret.txt").write_text("secret")
        with with_files(tmp_path) as it:
            it.do("open_conversation", conversation_id="lunch")
            it.refuse(
                ValueError, "send_message", "does not exist", content="", attachment_path=str(tmp_path / "secret.txt")
            )

    def test_send_refuses_wrong_types(self, messages: Phone) -> None:
        messages.do("open_conversation", conversation_id="lunch")
        messages.refuse(TypeError, "send_message", "content", content=5)

    def test_a_conversation_that_is_gone(self, messages: Phone) -> None:
        messages.do("open_conversation", conversation_id="lunch")
        del messages.app.conversations["lunch"]
        messages.refuse(ValueError, "send_message", "does not exist", content="Hello")
        messages.refuse(ValueError, "read_messages", "not found")
        messages.do("go_back")
        assert messages.screen == "ConversationList"

    def test_the_way_back_passes_over_a_conversation_that_is_gone(self, messages: Phone) -> None:
        messages.do("open_conversation", conversation_id="lunch")
        messages.app.set_current_state(ConversationOpened("trip"))
        messages.app.set_current_state(ConversationOpened("plain"))
        del messages.app.conversations["trip"]
        messages.do("go_back")
        assert messages.app.current_state.conversation_id == "lunch"

    def test_a_tool_of_another_screen_is_not_there(self, messages: Phone) -> None:
        with pytest.raises(KeyError, match="send_message"):
            messages.do("send_message", content="Hello")
        messages.do("open_conversation", conversation_id="lunch")
        with pytest.raises(KeyError, match="open_conversation"):
            messages.do("open_conversation", conversation_id="trip")

    def test_an_agents_work_leaves_the_screen(self, messages: Phone) -> None:
        messages.do("open_conversation", conversation_id="lunch")
        messages.agent("read_conversation", conversation_id="trip")
        assert messages.app.current_state.conversation_id == "lunch"

    def test_a_captured_action_happens_on_the_screen_that_is_open(self, messages: Phone) -> None:
        messages.do("open_conversation", conversation_id="lunch")
        with EventRegisterer.capture_mode():
            event = messages.app.current_state.send_message("Later")
        assert sent(messages, "lunch") == []
        event.event_time = START
        messages.env.process_event(event)
        assert sent(messages, "lunch") == ["Later"]
        assert described(messages.log()[-1:]) == [("USER", "send_message", False)]


class TestAgent:
    def test_people(self, messages: Phone) -> None:
        alex = messages.app.name_to_id["Alex"]
        assert messages.agent("get_user_id", user_name="Alex") == alex
        assert messages.agent("get_user_id", user_name="alex") is None
        assert messages.agent("get_user_name_from_id", user_id=alex) == "Alex"
        assert messages.agent("get_user_name_from_id", user_id="") is None
        assert messages.agent("lookup_user_id", user_name="Alex") == {"Alex": alex}
        assert messages.agent("lookup_user_id", user_name="aleks") == {}
        assert messages.agent("lookup_user_id", user_name="alexx") == {"Alex": alex}
        messages.agent_refused(TypeError, "get_user_id", user_name=None)

    def test_people_without_events(self) -> None:
        app = StatefulMessagingApp()
        app.add_contacts([("Alex", "+1555"), ("Alex", "+1666")])
        app.add_users(["Alex", "Sam", "Sam"])
        sam = app.name_to_id["Sam"]
        assert app.get_user_ids(["Alex", "Sam", "Kim"]) == ["+1555", sam, None]
        assert app.get_user_names(["+1555", sam, "+1666", "+1777"]) == ["Alex", "Sam", "Alex", None]
        assert len(sam) == 32

    def test_send_goes_to_the_untitled_conversation(self, messages: Phone) -> None:
        # One event, although ARE calls another tool to find the conversation.
        conversation_id = messages.agent("send_message", user_id=messages.app.name_to_id["Alex"], content="Hi")
        assert conversation_id == "plain"
        assert sent(messages, "plain") == ["Hi"]

    def test_send_begins_a_conversation(self, messages: Phone) -> None:
        sam = messages.app.name_to_id["Sam"]
        messages.world.clock.advance(5)
        conversation = messages.app.conversations[messages.agent("send_message", user_id=sam, content="Hi")]
        assert conversation.participant_ids == [messages.app.current_user_id, sam]
        assert (conversation.title, conversation.last_updated) == ("Sam", START + 5)

    def test_send_refuses(self, messages: Phone) -> None:
        messages.agent_refused(ValueError, "send_message", "does not exist in Ids", user_id="nobody", content="Hi")
        messages.agent_refused(ValueError, "send_message", "does not exist in Ids", user_id="", content="Hi")
        alex = messages.app.name_to_id["Alex"]
        messages.agent_refused(ValueError, "send_message", "does not exist", user_id=alex, attachment_path="no.txt")
        messages.agent_refused(TypeError, "send_message", user_id=alex, content=None)

    def test_send_to_a_number(self) -> None:
        with phone(lambda: StatefulMessagingApp("Messages", mode=MessagingAppMode.PHONE_NUMBER)) as it:
            it.agent("send_message", user_id="+1555", content="Hi")
            it.agent_refused(ValueError, "send_message", "not a valid phone number", user_id="Alex", content="Hi")
            assert all("Phone numbers" in tool.function_description for tool in it.app.get_tools())

    def test_send_to_a_group(self, messages: Phone) -> None:
        group = "send_message_to_group_conversation"
        assert messages.agent(group, conversation_id="trip", content="Hi") == "trip"
        assert sent(messages, "trip") == ["Hi"]
        messages.agent_refused(ValueError, group, "not a group", conversation_id="lunch", content="Hi")
        messages.agent_refused(ValueError, group, "does not exist", conversation_id="", content="Hi")
        messages.agent_refused(ValueError, group, "does not exist", conversation_id="trip", attachment_path="no.txt")

    def test_groups(self, messages: Phone) -> None:
        app = messages.app
        people = [app.name_to_id["Sam"], app.name_to_id["Alex"]]
        conversation_id = messages.agent("create_group_conversation", user_ids=people)
        assert app.conversations[conversation_id].title == "Alex, Sam"
        assert app.conversations[conversation_id].participant_ids == [*people, app.current_user_id]
        titled = messages.agent("create_group_conversation", user_ids=people, title="Board")
        assert app.conversations[titled].title == "Board"
        assert messages.agent("get_existing_conversation_ids", user_ids=people) == ["trip", conversation_id, titled]
        messages.agent_refused(Exception, "create_group_conversation", "at least two", user_ids=people[:1])
        messages.agent_refused(ValueError, "create_group_conversation", "does not exist", user_ids=["x", people[0]])
        messages.agent_refused(TypeError, "create_group_conversation", user_ids="Alex")

    def test_participants(self, messages: Phone) -> None:
        app = messages.app
        sam = app.name_to_id["Sam"]
        arguments = {"conversation_id": "plain", "user_id": sam}
        assert messages.agent("add_participant_to_conversation", **arguments) == "plain"
        assert app.conversations["plain"].title == "Alex, Sam"
        messages.agent_refused(Exception, "add_participant_to_conversation", "already in", **arguments)
        assert messages.agent("remove_participant_from_conversation", **arguments) == "plain"
        assert app.conversations["plain"].title == "Alex"
        messages.agent_refused(Exception, "remove_participant_from_conversation", "not in conversation", **arguments)
        for tool in ("add_participant_to_conversation", "remove_participant_from_conversation"):
            messages.agent_refused(Exception, tool, "not found", conversation_id="", user_id=sam)

    def test_titles(self, messages: Phone) -> None:
        assert messages.agent("change_conversation_title", conversation_id="trip", title="Alps") == "trip"
        assert messages.app.conversations["trip"].title == "Alps"
        messages.agent_refused(Exception, "change_conversation_title", "not found", conversation_id="x", title="Alps")

    def test_lists(self, messages: Phone) -> None:
        sam = messages.app.name_to_id["Sam"]
        listed = messages.agent("list_conversations_by_participant", user_id=sam)
        assert [conversation.conversation_id for conversation in listed] == ["trip"]
        by = "list_conversations_by_participant"
        messages.agent_refused(ValueError, by, "Limit must be smaller", user_id=sam, limit=6)
        messages.agent_refused(ValueError, by, "non-negative", user_id=sam, offset=-1)
        messages.agent_refused(ValueError, by, "larger", user_id=sam, offset=9)
        assert messages.agent("search", query="trip") == ["trip"]
        assert messages.agent("regex_search", query="^(trip|lunch) 2$") == ["lunch", "trip"]
        messages.agent_refused(Exception, "regex_search", "missing", query="(")
        assert [c.conversation_id for c in messages.app.get_all_conversations()] == ["lunch", "plain", "trip"]
        messages.agent_refused(ValueError, "read_conversation", "not found", conversation_id="x")
        messages.agent_refused(ValueError, "read_conversation", "format", conversation_id="trip", max_date="6 Jan")

    def test_download(self, tmp_path: Path) -> None:
        with with_files(tmp_path) as it:
            alex = it.app.name_to_id["Alex"]
            it.agent("send_message", user_id=alex, content="Look", attachment_path="menu.txt")
            message = it.app.conversations["plain"].messages[-1]
            arguments = {"conversation_id": "plain", "message_id": message.message_id}
            assert it.agent("download_attachment", **arguments) == "Downloads/menu.txt"
            with EventRegisterer.disable():
                assert it.env.apps["Files"].cat("Downloads/menu.txt") == b"soup"
            it.agent_refused(FileNotFoundError, "download_attachment", download_path="nowhere/", **arguments)
            arguments["message_id"] = "plain-0"
            it.agent_refused(Exception, "download_attachment", "No attachment found", **arguments)
            arguments["conversation_id"] = "x"
            it.agent_refused(Exception, "download_attachment", "x not found", **arguments)

    def test_reads_leave_everything_as_it_is(self, messages: Phone) -> None:
        alex = messages.app.name_to_id["Alex"]
        calls: dict[str, dict[str, Any]] = {
            "get_user_id": {"user_name": "Alex"},
            "get_user_name_from_id": {"user_id": alex},
            "lookup_user_id": {"user_name": "alex"},
            "get_existing_conversation_ids": {"user_ids": [alex]},
            "list_recent_conversations": {},
            "list_conversations_by_participant": {"user_id": alex},
            "read_conversation": {"conversation_id": "trip"},
            "search": {"query": "trip"},
            "regex_search": {"query": "trip"},
        }
        reads = {tool.name.removeprefix("Messages__") for tool in messages.app.get_tools() if not tool.write_operation}
        assert set(calls) == reads
        before = copy.deepcopy(messages.app.get_state())
        for tool, arguments in calls.items():
            messages.agent(tool, **arguments)
            assert messages.app.get_state() == before, tool


class TestWorld:
    def test_messages_from_others_are_of_the_environment(self, messages: Phone) -> None:
        alex = messages.app.name_to_id["Alex"]
        messages.world.clock.advance(1.5)
        messages.app.create_and_add_message("trip", alex, "Hi")
        assert messages.app.conversations["trip"].messages[-1].timestamp == START + 1.5
        messages.app.add_message("trip", alex, "Hi again", START + 7)
        assert messages.app.conversations["trip"].last_updated == START + 7
        log = described(messages.log()[-2:])
        assert log == [("ENV", "create_and_add_message", False), ("ENV", "add_message", False)]

    @pytest.mark.parametrize("tool", ["create_and_add_message", "add_message"])
    def test_messages_of_an_unknown_person(self, messages: Phone, tool: str) -> None:
        before = copy.deepcopy(messages.app.get_state())
        with pytest.raises(Exception, match="x not found"):
            getattr(messages.app, tool)("x", "y", "Hi")
        with pytest.raises(Exception, match="y not in conversation"):
            getattr(messages.app, tool)("trip", "y", "Hi")
        assert messages.app.get_state() == before

    def test_conversations_are_added_as_events_of_the_agents_type(self, messages: Phone) -> None:
        messages.app.add_conversations([ConversationV2([messages.app.current_user_id], conversation_id="solo")])
        event = messages.log()[-1]
        assert (event.event_type, event.function_name()) == (EventType.AGENT, "add_conversation")
        with pytest.raises(AssertionError, match="instance of Conversation"):
            messages.app.add_conversation("solo")

    def test_state_is_json_and_comes_back(self, tmp_path: Path) -> None:
        with with_files(tmp_path) as it:
            it.app.send_to_conversation("lunch", "Look", "menu.txt")
            state = json.loads(json.dumps(it.app.get_state(), cls=EnumEncoder))
            assert state["conversations"]["lunch"]["messages"][-1]["attachment"] == "c291cA=="
            other = StatefulMessagingApp("Other")
            other.load_state(state)
            assert other.get_state() == it.app.get_state()
            message = other.conversations["lunch"].messages[-1]
            assert isinstance(message, FileMessageV2)
            assert message.attachment == b"c291cA=="

    def test_a_state_of_ares_is_loaded_too(self) -> None:
        conversation = ConversationV2(["a"], [FileMessageV2("a", "m", 1.0, "", b"eA==", "x")], "t", "c", 1.0)
        other = StatefulMessagingApp()
        other.load_conversations_from_dict(
            {"c": vars(conversation) | {"messages": [vars(message) for message in conversation.messages]}}
        )
        assert other.conversations == {"c": conversation}

    def test_reset(self, messages: Phone) -> None:
        messages.do("open_conversation", conversation_id="trip")
        known = dict(messages.app.id_to_name)
        messages.app.reset()
        assert (messages.app.conversations, messages.app.id_to_name) == ({}, known)
        assert messages.screen == "ConversationList"
        assert messages.app.reset_to_root() == "Messages shows its first screen, ConversationList."

    def test_ids_come_from_the_seed(self, tmp_path: Path) -> None:
        def play(seed: str) -> str:
            with phone(make, seed=seed) as it:
                it.do("open_conversation", conversation_id="lunch")
                it.do("send_message", content="Hi")
                it.agent("send_message", user_id=it.app.name_to_id["Sam"], content="Hi")
                return json.dumps([it.app.get_state(), [event.event_id for event in it.log()]], cls=EnumEncoder)

        assert play("a") == play("a")
        assert play("a") != play("b")

    def test_it_is_made_outside_of_a_world_too(self) -> None:
        app = make()
        with World("late").active():
            app.register_time_manager(World("late").clock)
        assert app.send_to_conversation("lunch", "Hi") == "lunch"
        assert app.conversations["lunch"].messages[-1].timestamp == START


def test_two_people_of_one_name_are_both_found() -> None:
    with phone(lambda: StatefulMessagingApp(name="Messages")) as it:
        it.app.add_contacts([("Ada Byron", "1"), ("Ada Byron", "2"), ("Bob Stone", "3"), ("Ada Byron", "1")])
        everyone = {"Ada Byron": "1", "Ada Byron (2)": "2"}
        for query in ("Ada Byron", "ada byron"):
            assert it.agent("lookup_user_id", user_name=query) == everyone
        assert it.agent("lookup_user_id", user_name="Bob Stone") == {"Bob Stone": "3"}
        assert it.agent("get_user_id", user_name="Ada Byron") == "1"
        assert it.agent("get_user_name_from_id", user_id="2") == "Ada Byron"
