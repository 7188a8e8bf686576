"""Decorators that make a method a user tool and log its calls as events."""

from __future__ import annotations

import traceback
from functools import wraps
from typing import TYPE_CHECKING, Any

from are.simulation.tool_utils import OperationType, user_tool
from are.simulation.types import (
    Action,
    CompletedEvent,
    Event,
    EventMetadata,
    EventRegisterer,
    EventType,
    disable_events,
)
from are.simulation.utils import type_check

from pytest_pare.are.signatures import signature
from pytest_pare.are.tool_overrides import EVENT_DECORATOR, OVERRIDDEN
from pytest_pare.are.world import new_uuid

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["described_as", "pare_event_registered", "screen_tool", "user_tool"]


def described_as(original: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that gives a tool the description of another tool, and its place in the list of tools.

    The tool's own docstring is for readers of the code only.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        function.__doc__ = original.__doc__
        vars(function)[OVERRIDDEN] = original
        return function

    return decorate


def screen_tool(
    operation_type: OperationType = OperationType.READ, llm_formatter: Callable[[Any], str] | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that makes a method of a screen or of an app a user tool.

    The tool checks the types of its arguments. The docstring is its description for the user agent.

    Args:
        operation_type: WRITE if a call changes the content of the app. A draft is not content until it is saved.
        llm_formatter: Converts the result of the tool into the text that a model reads.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        tool: Callable[..., Any] = user_tool(llm_formatter)(pare_event_registered(operation_type)(type_check(function)))
        return tool

    return decorate


def pare_event_registered(
    operation_type: OperationType = OperationType.READ, event_type: EventType = EventType.USER
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that logs each call as an event, like ARE's `event_registered`, also for methods of screens.

    Calls that the method makes in turn are not logged: an action of the user is one USER event. A call fails if its
    screen is not shown. In capture mode, a method of a screen returns an event; when the event happens, it is carried
    out on the screen of that class that the app shows then.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        bind = signature(function).bind

        @wraps(function)
        def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
            if not EventRegisterer.is_active():
                return function(self, *args, **kwargs)
            app = getattr(self, "app", self)
            bound = bind(self, *args, **kwargs)
            bound.apply_defaults()
            arguments = {name: value for name, value in bound.arguments.items() if name != "self"}
            action = Action(
                app=app, function=_on_shown_screen(self, app, function), args=arguments, operation_type=operation_type
            )
            action_id = f"{app.name}.{function.__name__}-{new_uuid()}"
            if EventRegisterer.is_capture_mode():
                return Event(event_id=f"{EventType.ENV.value}-{action_id}", event_type=EventType.ENV, action=action)
            event = CompletedEvent(
                event_id=f"{event_type.value}-{action_id}",
                event_type=event_type,
                action=action,
                metadata=EventMetadata(),
                event_time=app.time_manager.time(),
            )
            try:
                _require_shown(self, app, function, self is app or self is app.current_state)
                with disable_events():
                    result = event.metadata.return_value = function(self, *args, **kwargs)
            except Exception as error:
                event.metadata.exception = str(error)
                event.metadata.exception_stack_trace = traceback.format_exc()
                app.add_event(event)
                raise
            app.add_event(event)
            return result

        vars(wrapper).update(
            {"__event_registered__": True, "__operation_type__": operation_type, EVENT_DECORATOR: decorate}
        )
        return wrapper

    return decorate


def _on_shown_screen(owner: Any, app: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` bound to its app, or to the screen of `owner`'s class that the app shows when it is called."""

    @wraps(function)
    def call(**arguments: Any) -> Any:
        screen = app if owner is app else app.current_state
        _require_shown(owner, app, function, type(screen) is type(owner))
        return function(screen, **arguments)

    vars(call).update(_is_user_tool=True)
    return call


def _require_shown(owner: Any, app: Any, function: Callable[..., Any], is_shown: bool) -> None:
    if not is_shown:
        shown = app.current_state
        which = "another" if type(shown) is type(owner) else "the"
        raise RuntimeError(
            f"{function.__name__} is on {which} screen {type(owner).__name__}, "
            f"but {app.name} shows {type(shown).__name__}"
        )
