"""Mutants with an unrequested write in each app."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from are.simulation.apps.agent_user_interface import AgentUserInterface
from are.simulation.types import disable_events

from pytest_pare.audit.case import Group, mutant
from pytest_pare.audit.other_values import STRANGER
from pytest_pare.audit.world_values import named_values, others_like
from pytest_pare.base.serialization import to_short_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from are.simulation.tool_utils import AppTool
    from are.simulation.types import AbstractEvent

    from pytest_pare.audit.case import Case
    from pytest_pare.audit.reference import Reference
    from pytest_pare.audit.script import Script
    from pytest_pare.scenarios.scenario import PAREScenario

_CREATES = ("send", "add_", "create", "order", "save", "new_", "book", "post")
_DESTROYS = ("delete", "cancel", "remove", "user_cancel", "edit", "update", "move", "rename", "change")

# What an argument gets, by its name: a value that no scenario asks for.
_VALUES: dict[str, Any] = {
    "content": "Roses are red.",
    "description": "Waltz",
    "end_location": "Circus",
    "first_name": "Somebody",
    "last_name": "Else",
    "recipients": [STRANGER],
    "start_location": "Zoo",
    "subject": "Hi",
    "title": "Picnic",
    "updates": {"job": "Clown"},
}
_BY_TYPE = {"bool": False, "int": 7, "float": 7, "str": "Something else"}
# Optional arguments without which a call would do nothing.
_WANTED = ("content", "end_datetime", "recipients", "start_datetime", "subject", "title")


class ExtraCall(NamedTuple):
    """A call that succeeds, and that no scenario asks for."""

    app: str
    tool: str
    args: dict[str, Any]

    def __str__(self) -> str:
        args = ", ".join(f"{name}={to_short_text(repr(value))}" for name, value in self.args.items())
        return f"{self.app}.{self.tool}({args})"


def extra_write_mutants(reference: Reference) -> Iterator[Case]:
    """Yield mutants with an extra write: one that creates and one that destroys, for each app that can."""
    early = reference.played(without=reference.writes)
    for call in _calls(early, reference):
        answer = reference.answers[-1] if reference.answers else None
        if answer is not None:

            def before(script: Script, call: ExtraCall = call, answer: Any = answer) -> list[AbstractEvent]:
                extra = script.call(*call, "extra")
                script.insert_before(extra, script.event(answer))
                return [extra]

            yield mutant(
                Group.EXTRA_WRITE,
                f"{call.app}.{call.tool}:before-answer",
                f"{call} before the user's {answer.tool}",
                before,
            )
    late = reference.played()
    for call in _calls(late, reference):

        def in_the_end(script: Script, call: ExtraCall = call) -> list[AbstractEvent]:
            extra = script.call(*call, "extra")
            script.append(extra)
            return [extra]

        yield mutant(Group.EXTRA_WRITE, f"{call.app}.{call.tool}:in-the-end", f"{call} in the end", in_the_end)


def _calls(scenario: PAREScenario, reference: Reference) -> Iterator[ExtraCall]:
    used = [value for write in reference.writes for value in reference.args(write).values()]
    for app in scenario.apps or []:
        if isinstance(app, AgentUserInterface):
            continue
        writes = [tool for tool in app.get_tools() if tool.write_operation]
        # Something that a scenario has must be destroyed, not what the other call has created.
        for beginnings in (_DESTROYS, _CREATES):
            tools = [tool for start in beginnings for tool in writes if tool.func_name.startswith(start)]
            tools += [tool for tool in writes if not tool.func_name.startswith((*_CREATES, *_DESTROYS))]
            call = next((c for tool in tools if (c := _call(scenario, app, tool, used)) is not None), None)
            if call is not None:
                yield call


def _call(scenario: PAREScenario, app: Any, tool: AppTool, used: Iterable[Any]) -> ExtraCall | None:
    """Return a call of a tool that succeeds; it is made, so that the scenario cannot be played."""
    args: dict[str, Any] = {}
    for argument in tool.args:
        if argument.has_default and argument.name not in _WANTED:
            continue
        value = _value(scenario, app, argument.name, str(argument.arg_type), used)
        if value is None:
            return None
        args[argument.name] = value
    call = ExtraCall(app.name, tool.func_name, args)
    try:
        with scenario.world.active(), disable_events():
            getattr(app, tool.func_name)(**args)
    except Exception:  # noqa: BLE001 - an app may refuse a call in any way
        return None
    return call


def _value(scenario: PAREScenario, app: Any, name: str, kind: str, used: Iterable[Any]) -> Any:
    """Return a value for an argument; `None` if there is none."""
    if name in _VALUES:
        return _VALUES[name]
    if "datetime" in name or name.endswith("_time"):
        start = datetime.fromtimestamp(scenario.world.clock.start_time, UTC) + timedelta(days=40)
        start = start.replace(hour=19 if name.startswith("end") else 18, minute=0, second=0, microsecond=0)
        return start.strftime("%Y-%m-%d %H:%M:%S")
    if name.endswith("_type"):
        return next(iter(others_like("Default", [app])), None)
    if name.endswith(("_id", "_ids")):
        own = [value for value in vars(app).values() if isinstance(value, str)]
        known = [value for value in _ids(app, name.removesuffix("s")) if value not in used and value not in own]
        return (known[:1] if name.endswith("s") else known[0]) if known else None
    return next((value for beginning, value in _BY_TYPE.items() if kind.startswith(beginning)), None)


def _ids(app: Any, name: str) -> list[Any]:
    return named_values(name, app) or [key for one in (getattr(app, "id_to_name", {}),) for key in one]
