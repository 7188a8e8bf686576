"""A step of a run document in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_pare.results.text import WIDTH
from pytest_pare.timeline.answers import read_answer
from pytest_pare.timeline.lines import Line, lines_of
from pytest_pare.timeline.texts import arguments_line, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator


class Detail(NamedTuple):
    """How much of a step is shown.

    Attributes:
        value: The longest argument; `None` for all of it.
        call: The most lines of a call.
        result: The most lines of a result.
        error: The most lines of an error.
        request: The most lines of a message of a request; 0 for no request.
    """

    value: int | None
    call: int | None
    result: int | None
    error: int | None
    request: int | None


_VALUE_WIDTH: Final = 160
BRIEF: Final = Detail(value=_VALUE_WIDTH, call=5, result=1, error=3, request=0)
MORE: Final = Detail(value=1000, call=20, result=12, error=12, request=6)
WHOLE: Final = Detail(None, None, None, None, None)

_LANE_COLOURS: Final = {"user": "blue", "agent": None, "world": "magenta", "model": "bright_black"}
_VERBS: Final = {"proposal": "proposes", "acceptance": "accepts", "rejection": "rejects", "report": "reports"}
_INDENT: Final = 22
_CUT: Final = {"length": "CUT AT MAX_TOKENS", "content_filter": "CUT BY A CONTENT FILTER"}
_EMPTY: Final = ("", "null", "[]", "{}")
_WAITS: Final = ("wait",)


def seconds(time: float) -> str:
    """Return simulated seconds, rounded to a tenth."""
    return f"{round(time, 1):.10g}"


def is_idle(step: dict[str, Any]) -> bool:
    """Return whether a step is nothing but a wait."""
    if step["lane"] != "model":
        return bool(step["kind"] == "call" and step["function"] in _WAITS and not step["error"] and not step["fault"])
    model = step["model"]
    if model["response"] is None or model["error"] or model["finish_reason"] == "length":
        return False
    calls = read_answer(model["response"]).calls
    return bool(calls) and all(name.rpartition("__")[2] in _WAITS for name, _ in calls)


def is_folded(document: dict[str, Any], step: dict[str, Any]) -> bool:
    """Return whether a step says nothing that others do not: an engine without a model gave the call that follows."""
    if step["lane"] != "model":
        return False
    model = step["model"]
    if model["live"] or model["request"] is not None or model["error"] or model["response"] is None:
        return False
    return is_idle(step) or _is_followed(document, step) or _ends(model["response"])


def step_lines(document: dict[str, Any], step: dict[str, Any], detail: Detail) -> Iterator[Line]:
    """Yield the lines of a step.

    Args:
        document: The run.
        step: The step.
        detail: How much of it is shown.
    """
    bar = "|" if _has_consent(document, step) else " "
    begin = f"{step['n']:>4} {bar}+{seconds(step['time']):<8} {step['lane']:<5} "
    indent = " " * _INDENT
    colour = _LANE_COLOURS[step["lane"]]
    text = _model_text(document, step, detail) if step["lane"] == "model" else _event_text(document, step, detail)
    if step["lane"] == "model" and step["model"]["finish_reason"] in _CUT:
        colour = "red"
    yield from lines_of(text, begin, indent + "  ", most=detail.call, colour=colour)
    if step["lane"] == "model":
        yield from _exchange(step["model"], detail, indent)
    elif detail.value is None:
        for name, value in step["args"].items():
            yield from lines_of(value, f"{indent}{name} = ", indent + "  ")
    if step["result"] not in (None, "") and not _is_talk(step):
        result = step["result"] if detail is not BRIEF else one_line(step["result"], WIDTH - _INDENT - 3)
        yield from lines_of(result, f"{indent}-> ", indent + "   ", most=detail.result, colour="bright_black")
    if step["error"] is not None:
        yield from lines_of(f"failed: {step['error']}", indent, indent + "  ", most=detail.error, colour="red")
    if step["fault"] is not None:
        yield Line(f"{indent}noise: {step['fault']}", "yellow")
    if any(one["step"] == step["n"] for one in document["differences"]):
        yield Line(f"{indent}^ the verdict is about this step", "red")
    if detail.value is None and step["screen_before"] != step["screen_after"]:
        yield Line(f"{indent}screen: {step['screen_before']} -> {step['screen_after']}")


def _event_text(document: dict[str, Any], step: dict[str, Any], detail: Detail) -> str:
    if _is_talk(step) or step["kind"] == "check":
        content = step["args"].get("content")
        said, _, _ = step["title"].partition(": ")
        answered = next((one["proposal"] for one in document["consent"] if one["answer"] == step["n"]), None)
        about = "" if answered is None else f" step {answered}"
        return f"{said}{about}: {content}" if content else f"{step['title']}{about}"
    name = f"{step['app']}.{step['function']}" if step["app"] else str(step["function"])
    mark = "" if step["operation"] != "write" or step["lane"] == "world" else " (write)"
    if detail.value is None:
        return f"{name}{mark}"
    return f"{name}{mark} {_arguments(step['args'], detail)}".rstrip()


def _arguments(args: dict[str, str], detail: Detail) -> str:
    given = {name: value for name, value in args.items() if value not in _EMPTY}
    if detail is BRIEF:
        return arguments_line(given, _VALUE_WIDTH)
    return " ".join(f"{name}={one_line(value, detail.value or 0)}" for name, value in given.items())


def _is_talk(step: dict[str, Any]) -> bool:
    """Return whether a step is a message between the agent and the user, or a wait."""
    return step["kind"] in ("message", *_VERBS) or step["title"] == "waits"


def _model_text(document: dict[str, Any], step: dict[str, Any], detail: Detail) -> str:
    model = step["model"]
    parts = [f"{model['role']}, {model['model']}{_figures(model)}"]
    if model["response"] is not None and detail.request == 0:
        answer = read_answer(model["response"])
        thought = one_line(answer.thought, 100)
        parts.append(thought)
        if not _is_followed(document, step):
            parts += ["calls " + f"{name} {arguments_line(arguments)}".rstrip() for name, arguments in answer.calls]
    return ": ".join(filter(None, parts))


def _figures(model: dict[str, Any]) -> str:
    tokens = [model["prompt_tokens"], model["completion_tokens"]]
    reason = model["finish_reason"]
    parts = [
        f"{model['latency']:.4g} s",
        "" if None in tokens else f"{tokens[0]:,}+{tokens[1]:,} tokens",
        "" if model["cost"] is None else f"${model['cost']:.3g}",
        _CUT.get(reason, ""),
    ]
    return f" ({', '.join(filter(None, parts))})"


def _exchange(model: dict[str, Any], detail: Detail, indent: str) -> Iterator[Line]:
    """Yield the new part of a request, and the answer."""
    if detail.request == 0:
        return
    if model["kept"]:
        yield Line(f"{indent}({model['kept']} messages as in the last request)", "bright_black")
    for message in model["request"] or []:
        if message["role"] == "assistant" and detail is not WHOLE:
            # An answer of an earlier step.
            continue
        yield from lines_of(message["content"], f"{indent}[{message['role']}] ", indent + "  ", most=detail.request)
    if model["response"] is not None:
        yield from lines_of(model["response"], f"{indent}[answer] ", indent + "  ", most=detail.result)


def _has_consent(document: dict[str, Any], step: dict[str, Any]) -> bool:
    for one in document["consent"]:
        if (
            one["answer_kind"] == "acceptance"
            and step["n"] > one["answer"]
            and one["from"] <= step["time"] <= one["to"]
        ):
            return step["mode"] == "execute" if step["mode"] else step["lane"] in ("agent", "model")
    return False


def _is_followed(document: dict[str, Any], step: dict[str, Any]) -> bool:
    """Return whether the event that follows an answer is the call that it asks for."""
    events = (one for one in document["steps"][step["n"] : step["n"] + 3] if one["lane"] in ("user", "agent"))
    follower = next(events, None)
    if follower is None or follower["function"] is None:
        return False
    return any(
        name.rpartition("__")[2] == follower["function"] for name, _ in read_answer(step["model"]["response"]).calls
    )


def _ends(response: str) -> bool:
    return [name for name, _ in read_answer(response).calls] == ["end_task"]
