"""The tools of an app that the agent and the user can call."""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING, Any

from are.simulation.apps.agent_user_interface import AgentUserInterface
from are.simulation.tool_utils import AppToolArg, ToolAttributeName

from pytest_pare.agents.tools import Tool, Toolbox
from pytest_pare.apps.core import StatefulApp
from pytest_pare.apps.tool_descriptions import build_tool

if TYPE_CHECKING:
    from collections.abc import Callable

    from are.simulation.apps.app import App
    from are.simulation.tool_utils import AppTool

    from pytest_pare.apps.screens import AppState
    from pytest_pare.simulation.phone import Phone

NOT_FOR_USER = ("base64_utf8_encoded_attachment_contents", "attachments")
"""The arguments that the user's tools do not have."""

# Hidden from the agent: messages reach both sides as notifications.
_MESSAGE_READERS = (
    "get_last_message_from_user",
    "get_last_unread_messages",
    "get_last_message_from_agent",
    "get_all_messages",
)

_MESSAGES = ("send_message_to_user", "ask_user", "send_message_to_agent")


def agent_tools(app: App) -> list[AppTool]:
    """Return the tools of an app that the agent has."""
    tools: list[AppTool] = app.get_tools()
    return [t for t in tools if not (isinstance(app, AgentUserInterface) and t.func_name in _MESSAGE_READERS)]


class MadeTools:
    """The tools of a run, each made once for each side.

    Attributes:
        wait: The description of the user's tool that does nothing.
        end_task: The description of the agent's tool that gives an execution up.
    """

    def __init__(self) -> None:
        # With ARE's description, so that no other one gets its id.
        self._made: dict[tuple[int, str], tuple[AppTool, Tool]] = {}
        self.wait = Tool.apart("wait", "Do nothing now.", [], lambda _arguments: None)
        self.end_task = Tool.apart(
            "end_task",
            "End what the user accepted without a message to the user: it is done, or cannot be done.",
            [AppToolArg("reason", "str", "Why.", has_default=True, default="", type_obj=str)],
            lambda _arguments: None,
        )

    def of(self, app_tool: AppTool, who: str) -> Tool:
        """Return the tool that a side has for ARE's description of one.

        Args:
            app_tool: ARE's description.
            who: The side: `AGENT` or `USER`.
        """
        key = id(app_tool), who
        if key not in self._made:
            tool = Tool(app_tool, lambda _arguments: None)
            tool.arguments = [one for one in tool.arguments if who == "AGENT" or one.name not in NOT_FOR_USER]
            self._made[key] = app_tool, tool
        return self._made[key][1]


class UserTools:
    """The user's tools in a run. They are made when the screen or what is lent has changed.

    Args:
        phone: The phone.
        borrowed: Returns tools of the agent that the user has as well, beside those of the screen.
        bind: Returns the user's tool for ARE's description of one.
        wait: The tool that does nothing.
        on_unknown: Called with a name that no tool has.
    """

    def __init__(
        self,
        phone: Phone,
        borrowed: Callable[[], list[AppTool]],
        bind: Callable[[AppTool], Tool],
        wait: Tool,
        on_unknown: Callable[[str], None],
    ) -> None:
        self._phone = phone
        self._borrowed = borrowed
        self._bind = bind
        self._wait = wait
        self._on_unknown = on_unknown
        # ARE's descriptions of the tools in the box. They are kept, so that their identities stay theirs.
        self._offered: list[object] = []
        self._box: Toolbox

    def __call__(self) -> Toolbox:
        """Return the tools of the present screen."""
        on_screen, borrowed = self._phone.get_user_tools(), self._borrowed()
        offered = [*on_screen, self._phone, *borrowed]
        if len(offered) != len(self._offered) or not all(map(is_, offered, self._offered)):
            own = map(self._bind, sorted(on_screen, key=lambda tool: str(tool.name)))
            lent = [_lent(self._bind(tool), self._phone) for tool in borrowed]
            self._offered, self._box = offered, Toolbox([*own, *lent, self._wait], self._on_unknown)
        return self._box


def _lent(tool: Tool, phone: Phone) -> Tool:
    """Return a tool of the agent whose calls are the user's."""

    def invoke(arguments: dict[str, Any]) -> Any:
        with phone.as_user():
            return tool.invoke(arguments)

    return tool.carried_out_by(invoke)


def user_tools(app: App) -> dict[str, list[AppTool]]:
    """Return the tools of an app that the user has, by the name of the screen that offers them, the root first.

    An app without screens offers its tools at any time; their key is an empty text.
    """
    if not isinstance(app, StatefulApp):
        return {"": list(app.get_user_tools())}
    root, *others = screens_of(type(app))
    return {
        root.__name__: _on_screen(app, root),
        **{screen.__name__: [*_on_screen(app, screen), build_tool(app, type(app).go_back)] for screen in others},
    }


def screens_of(cls: type[StatefulApp]) -> list[type[AppState]]:
    """Return the screens of an app, the root first."""
    pushed = {t.target for actions in cls.transitions.values() for t in actions.values() if t.target is not None}
    others = {*cls.transitions, *pushed} - {cls.root}
    return [cls.root, *sorted(others, key=lambda screen: screen.__name__)]


def _on_screen(app: StatefulApp, screen: type[AppState]) -> list[AppTool]:
    methods: list[Any] = [getattr(screen, name) for name in sorted(dir(screen))]
    return [build_tool(app, method) for method in methods if getattr(method, ToolAttributeName.USER.value, False)]


def require_words(tool: Tool, arguments: dict[str, Any]) -> None:
    """Refuse a message without words.

    Raises:
        ValueError: If it has none.
    """
    if tool.is_interface and tool.function in _MESSAGES:
        content = arguments.get("content")
        if not isinstance(content, str) or not content.strip():
            raise ValueError(f"{tool.function} needs content, a text that is not empty")
