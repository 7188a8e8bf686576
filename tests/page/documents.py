"""Documents of runs for the tests of the report page: what `window.pare.load` gives to `drawRun` and `drawDiff`.

Each function of `DOCUMENTS` returns `{"run": run document, "nearest": ... or None}`, as builtins, without a session:

- `typical`: a run that succeeded, with a proposal, consent, a write and a report, and idle hours between its turns.
- `failing`: the same with a wrong hour, a fault and noise, and its nearest run with the differences to it.
- `missed`: a failed run whose nearest run are the scenario's reference steps.
- `with_models`: a run with model calls, one of them cut at its token limit, one failed.
- `hostile`: HTML, scripts, a text of 1 MB, halves of surrogate pairs, bidirectional controls and long words everywhere.
- `long`: a run of 1,000 steps (`long_run(steps)` for another number).
- `without_agents`: a run in mode oracle, without turns.
- `empty`: a run that ended by an exception before its first step.

`HOSTILE_MARK` is the name of the property of `window` that the scripts of `hostile` would set. `python -m
tests.page.documents FILE` writes a page with all of them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.page.documents import packed
from pytest_pare.page.render import page_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

START: Final = 1736240400  # 2025-01-07 09:00 UTC
HOSTILE_MARK: Final = "scriptOfATextHasRun"

Document = dict[str, Any]


def typical() -> Document:
    """Return a run that succeeded."""
    return {"run": _parcel("parcel[run1]", "14:00:00"), "nearest": None}


def failing() -> Document:
    """Return a run that failed, with its nearest run that passed."""
    run = _parcel("parcel[run2]", "15:00:00", noisy=True)
    run |= {
        "status": "failed",
        "run_number": 2,
        "reason": "add_calendar_event: start_datetime: expected '2025-01-08 14:00:00', got '2025-01-08 15:00:00'",
        "ended_by": "validation",
    }
    run["findings"] = [{"text": "noise: tool_failure 1 time", "steps": [6]}]
    write = next(one["n"] for one in run["steps"] if one["operation"] == "write" and not one["error"])
    run["differences"] = [
        {
            "expected": "start_datetime: 2025-01-08 14:00:00",
            "got": "start_datetime: 2025-01-08 15:00:00",
            "step": write,
        },
        {"expected": "one report after the entry that mentions 2 pm", "got": None, "step": None},
    ]
    diff = {
        "a": "parcel[run2]",
        "b": "parcel[run1]",
        "cause": "tool result",
        "sentence": "Step 6: get_calendar_events_from_to failed in parcel[run2] and returned 1 event in parcel[run1].",
        "first": {"a": 6, "b": 6},
        "parts": [{"name": "result", "a": None, "b": '[{"title": "Stand-up"}]'}],
        "effect": None,
        "rows": [{"a": n, "b": n, "same": True} for n in range(1, 6)]
        + [{"a": 6, "b": 6, "same": False}, {"a": 7, "b": None, "same": False}, {"a": 8, "b": None, "same": False}]
        + [{"a": n + 2, "b": n, "same": n != 7} for n in range(7, len(run["steps"]) - 1)],
    }
    return {"run": run, "nearest": {"run": "parcel[run1]", "kind": "sibling", "diff": diff}}


def missed() -> Document:
    """Return a failed run whose nearest run are the reference steps."""
    run = _run("parcel[quiet-run1]", variant="quiet")
    _turn(run, 0, 10.0, "observe", _mail_told(10.0))
    _step(run, 10.0, 0, "world", "call", app="StatefulEmailApp", function="send_email_to_user_with_id")
    _step(run, 11.0, 0, "agent", "call", app="StatefulEmailApp", function="list_emails", operation="read", result="[]")
    run |= {"status": "failed", "reason": "no proposal mentions 'parcel'; there was none", "reference": _reference()}
    run["differences"] = [{"expected": "a proposal that mentions 'parcel'", "got": "no proposal", "step": None}]
    diff = {
        "a": "parcel[quiet-run1]",
        "b": "reference",
        "cause": "agent's action",
        "sentence": "The agent made no proposal.",
        "first": {"a": None, "b": 1},
        "parts": [],
        "effect": None,
        "rows": [{"a": 1, "b": None, "same": False}, {"a": None, "b": 1, "same": False}],
    }
    return {"run": run, "nearest": {"run": "reference", "kind": "reference", "diff": diff}}


def with_models() -> Document:
    """Return a run with model calls."""
    run = _run("dinner[gpt-run1]", variant="gpt", scenario="dinner")
    _turn(run, 0, 0.0, "observe", [{"who": "AGENT", "notifications": []}])
    system = {"role": "system", "content": "You are a proactive assistant. " * 60}
    question = {"role": "user", "content": "Time 09:00. The user is on HomeScreen.\nNo news."}
    _step(run, 0.0, 0, "model", "model", title="observer: nothing to do", model=_call([system, question], "wait()", 0))
    _turn(run, 1, 3600.0, "observe", _mail_told(3600.0))
    later = {"role": "user", "content": "Time 10:00. New: Ann invites you to dinner on Friday."}
    answer = 'propose("Ann invites you to dinner on Friday at 7 pm. Shall I accept and note it, and also look for'
    cut = _call([{"role": "assistant", "content": "wait()"}, later], answer, 2, finish="length", tokens=(812, 64))
    _step(run, 3600.0, 1, "model", "model", title="observer: propose", model=cut)
    failed = _call([later], None, 4, error="HTTP 529: overloaded", tokens=(None, None), finish=None)
    _step(run, 3601.0, 1, "model", "model", title="observer: HTTP 529", error="HTTP 529: overloaded", model=failed)
    old = _call(None, "accept_proposal()", 0, tokens=(420, 8), live=False) | {"role": "user", "cost": None}
    _step(run, 3602.0, 1, "model", "model", title="user: accept_proposal()", model=old)
    run |= {"status": "failed", "reason": "no proposal mentions '7 pm'; the last one was cut", "ended_by": "max_turns"}
    run["forked_from"] = {"run": "dinner[run1]", "step": 3, "change": "the model gpt-5-mini"}
    return {"run": run, "nearest": None}


def hostile() -> Document:
    """Return a run with hostile texts in every field."""
    script = f"</script><script>window.{HOSTILE_MARK} = 1</script><img src=x onerror='window.{HOSTILE_MARK} = 1'>"
    name = f"evil[{script} & 'x' \"y\"-run1]"
    run = _run(name, scenario="evil") | {"agent": f"agent:{script}", "reason": f"{script}\n" * 3, "status": "failed"}
    _turn(run, 0, 10.0, "observe", [{"who": "AGENT", "notifications": [_news(10.0, script, script + "\udc00")]}])
    run["turns"][0]["screen"] = f"{script}/MailboxView"
    texts = {
        "html": script,
        "big": "<b>1 MB</b> " * 87382,
        "halves": "\ud83d \ude00 \ud83d\ude00 and \ud800",
        "bidi": "invoice \u202egpj.exe\u202c \u2066x\u2069 \x00\x07 \x1b[31mred",
        "word": "x" * 3000,
        script: "a name with HTML",
        "lines": "\n" * 50 + "the end",
    }
    step = _step(run, 10.0, 0, "agent", "call", title=script, app=script, function=script, args=texts)
    step |= {"result": "<svg onload=alert(1)>" * 40000, "error": script, "fault": script, "operation": "write"}
    _step(run, 11.0, 0, "agent", "proposal", title=script, args={"content": texts["bidi"] + script})
    _step(run, 12.0, 0, "world", "noise", title=texts["word"], fault="env_event", args={"mail": "javascript:alert(1)"})
    call = _call([{"role": script, "content": texts["big"]}], script, 1, finish=script) | {"model": script}
    _step(run, 12.0, 0, "model", "model", title=script, model=call)
    run["differences"] = [{"expected": script, "got": texts["big"], "step": 1}]
    run["cards"] = [{"after": 0, "turn": None, "app": script, "lines": [[1, script], [2, texts["bidi"]]]}]
    run["cards"].append({"after": 1, "turn": 0, "app": script, "lines": [[1, texts["word"]], [9, texts["halves"]]]})
    rows = [{"path": script, "before": texts["bidi"], "after": texts["halves"]}]
    run["changes"] = [{"after": 1, "turn": 0, "app": script, "rows": rows}]
    run["reference"] = [{"who": script, "app": script, "function": script, "args": {script: script}}]
    other = "evil[other-run1]"
    diff: Document = {
        "a": name,
        "b": other,
        "cause": script,
        "sentence": script,
        "first": {"a": 1, "b": 1},
        "parts": [],
        "effect": None,
    }
    return {"run": run, "nearest": {"run": other, "kind": script, "diff": diff | {"rows": _pairs(4, {1, 2, 4})}}}


def long_run(steps: int = 1000) -> Document:
    """Return a run with many steps."""
    run = _run("marathon[run1]", scenario="marathon")
    for number in range(steps):
        turn = number // 8
        time = turn * (30.0 if turn % 10 else 7200.0 * max(1, turn % 3)) + turn * 900.0 + number % 8
        if number % 8 == 0:
            _turn(run, turn, time, "observe" if turn % 4 else "execute", _mail_told(time))
        lane, kind = _CYCLE[number % 8]
        args = {"content": f"Message {number} of a long conversation."} if kind != "call" else {"folder": "INBOX"}
        function = "send_message_to_user" if kind != "call" else "list_emails"
        step = _step(run, time, turn, lane, kind, app="StatefulEmailApp", function=function, args=args)
        step["result"] = json.dumps([{"id": f"m{one}", "subject": f"Subject {one}"} for one in range(number % 7)])
        step["error"] = "ToolError: no such folder" if number % 97 == 96 else None
        if number % 8 == 7:
            lines = [[1, "INBOX"]] + [[2, f"2025-01-07 mail {one} (a@b.example to me)"] for one in range(turn % 40)]
            run["cards"].append({"after": step["n"], "turn": turn, "app": "StatefulEmailApp", "lines": lines})
            row = {"path": f"folders.INBOX.emails[{turn}].is_read", "before": "false", "after": "true"}
            run["changes"].append({"after": step["n"], "turn": turn, "app": "StatefulEmailApp", "rows": [row]})
    return {"run": run, "nearest": None}


def long() -> Document:
    """Return a run with 1,000 steps."""
    return long_run()


def without_agents() -> Document:
    """Return a run in mode oracle."""
    run = _run("parcel[oracle]", variant="oracle") | {"agent": None}
    _step(run, 10.0, None, "world", "call", app="StatefulEmailApp", function="send_email_to_user_with_id")
    _step(run, 15.0, None, "agent", "proposal", args={"content": "Shall I note it?"})
    _step(run, 20.0, None, "user", "acceptance", args={"content": "Yes, please."})
    return {"run": run, "nearest": None}


def empty() -> Document:
    """Return a run without steps."""
    run = _run("broken[run1]", scenario="broken")
    reason = "scenario broken: build_events_flow raised KeyError: 'm1'\n  File \"library/broken.py\", line 12"
    return {"run": run | {"status": "exception", "reason": reason, "ended_by": "exception"}, "nearest": None}


DOCUMENTS: Final[dict[str, Callable[[], Document]]] = {
    one.__name__: one for one in (typical, failing, missed, with_models, hostile, long, without_agents, empty)
}

_CYCLE: Final = [
    ("world", "call"),
    ("agent", "call"),
    ("agent", "proposal"),
    ("user", "acceptance"),
    ("agent", "call"),
    ("agent", "report"),
    ("user", "rejection"),
    ("world", "noise"),
]


def _parcel(name: str, hour: str, *, noisy: bool = False) -> Document:
    run = _run(name) | {"reference": _reference()}
    run["cards"] = [
        {"after": 0, "turn": None, "app": "StatefulEmailApp", "lines": [[1, "INBOX"], [2, "2025-01-06 18:00 Welcome"]]},
        {"after": 0, "turn": None, "app": "StatefulCalendarApp", "lines": [[1, "2025-01-08 09:00 to 09:30 Stand-up"]]},
        {"after": 0, "turn": None, "app": "StatefulContactsApp", "lines": [[1, "Ann Archer (the owner): +1 555 0100"]]},
    ]
    mail = {"sender": "hello@courier.example", "subject": "Your parcel", "content": "8 January, 2 to 3 pm"}
    _turn(run, 0, 10.0, "observe", _mail_told(10.0))
    _world(run, 10.0, 0, mail)
    _screen(_step(run, 10.0, 0, "user", "call", app="HomeScreen", function="open_app", args={"app_name": "Emails"}))
    _turn(run, 1, 11.0, "observe", [{"who": "USER", "notifications": []}, {"who": "AGENT", "notifications": []}])
    listing = {"folder_name": "INBOX", "offset": "0", "limit": "10"}
    found = json.dumps([{"email_id": "m1", **mail}, {"email_id": "w0", "subject": "Welcome"}], indent=2)
    _step(run, 11.0, 1, "agent", "call", **_EMAILS, args=listing, result=found)
    offer = "Your parcel comes on 8 January at 2 pm. Shall I note it?"
    asked = _step(run, 12.0, 1, "agent", "proposal", args={"content": offer})
    _turn(run, 2, 17.0, "awaiting_confirmation", [{"who": "USER", "notifications": [_news(12.0, "AGENT", offer)]}])
    answered = _step(run, 17.0, 2, "user", "acceptance", args={"content": "Yes, please."})
    _turn(run, 3, 18.0, "execute", [{"who": "AGENT", "notifications": [_news(17.0, "USER", "Yes, please.")]}])
    day = {"start_datetime": "2025-01-08 00:00:00", "end_datetime": "2025-01-09 00:00:00"}
    look = _step(run, 18.0, 3, "agent", "call", **_CALENDAR_READ, args=day, result='[{"title": "Stand-up"}]')
    if noisy:
        look |= {"result": None, "error": "ToolError: the service is not available", "fault": "tool_failure"}
        advert = {"sender": "ads@shop.example", "subject": "Sale", "content": "Everything must go. " * 40}
        _step(run, 18.0, 3, "world", "noise", app="StatefulEmailApp", function="send_email", args=advert)["fault"] = (
            "env_event"
        )
        _step(run, 19.0, 3, "agent", "call", **_CALENDAR_WRITE, args={"title": "Parcel"})["error"] = (
            "missing: start_datetime"
        )
    slot = {"title": "Parcel", "start_datetime": f"2025-01-08 {hour}", "end_datetime": "2025-01-08 16:00:00"}
    write = _step(run, 20.0, 3, "agent", "call", **_CALENDAR_WRITE, args=slot, result="e7")
    done = _step(run, 20.0, 3, "agent", "report", args={"content": "It is in the calendar."})
    between = {"from": 12.0, "to": done["time"]}
    run["consent"] = [{"proposal": asked["n"], "answer": answered["n"], "answer_kind": "acceptance", **between}]
    entry = f"2025-01-08 {hour[:5]} to 16:00 Parcel"
    lines = [[1, "2025-01-08 09:00 to 09:30 Stand-up"], [1, entry]]
    run["cards"].append({"after": write["n"], "turn": 3, "app": "StatefulCalendarApp", "lines": lines})
    rows = [{"path": f"events.e7.{key}", "before": None, "after": value} for key, value in slot.items()]
    run["changes"].append({"after": write["n"], "turn": 3, "app": "StatefulCalendarApp", "rows": rows})
    _turn(run, 4, 7220.0, "observe", [{"who": "AGENT", "notifications": []}])
    _step(run, 7220.0, 4, "world", "call", app="StatefulEmailApp", function="send_email_to_user_with_id", args=mail)
    _step(run, 7230.0, None, "world", "check", title="validate: success" if hour == "14:00:00" else "validate: failed")
    return run


def _world(run: Document, time: float, turn: int, mail: dict[str, str]) -> None:
    step = _step(
        run, time, turn, "world", "call", app="StatefulEmailApp", function="send_email_to_user_with_id", args=mail
    )
    lines = [[1, "INBOX"], [2, f"2025-01-07 09:00 new: {mail['subject']} ({mail['sender']})"], [3, mail["content"]]]
    lines.append([2, "2025-01-06 18:00 Welcome"])
    run["cards"].append({"after": step["n"], "turn": turn, "app": "StatefulEmailApp", "lines": lines})
    rows = [{"path": "folders.INBOX.emails[0].subject", "before": None, "after": mail["subject"]}]
    rows.append({"path": "folders.INBOX.unread", "before": "0 mails of 1 are new", "after": "1 mail of 2 is new"})
    run["changes"].append({"after": step["n"], "turn": turn, "app": "StatefulEmailApp", "rows": rows})


def _screen(step: Document) -> None:
    step |= {"screen_before": None, "screen_after": "Emails/MailboxView"}


def _reference() -> list[Document]:
    slot = {"title": "Parcel", "start_datetime": "2025-01-08 14:00:00", "end_datetime": "2025-01-08 15:00:00"}
    channel = "PAREAgentUserInterface"
    offer = {"content": "Your parcel comes on 8 January at 2 pm. Shall I note it?"}
    return [
        {"who": "AGENT", "app": channel, "function": "send_message_to_user", "args": offer},
        {"who": "USER", "app": channel, "function": "accept_proposal", "args": {"content": "Yes, please."}},
        {"who": "AGENT", "app": "StatefulCalendarApp", "function": "add_calendar_event", "args": slot},
    ]


def _run(name: str, scenario: str = "parcel", variant: str | None = None) -> Document:
    lists = ("notes", "differences", "findings", "turns", "steps", "consent", "cards", "changes", "reference")
    return {
        "run": name,
        "scenario": scenario,
        "variant": variant,
        "run_number": 1,
        "agent": "conftest:note_parcels",
        "seed": 42,
        "start_time": START,
        "status": "success",
        "reason": None,
        "usage": {},
        "draws": {},
        "forked_from": None,
        "ended_by": "end of the scenario",
        **{key: [] for key in lists},
    }


def _turn(run: Document, number: int, time: float, mode: str, told: list[Document]) -> None:
    first = len(run["steps"]) + 1
    turn = {"turn": number, "time": time, "mode": mode, "screen": "Emails/MailboxView" if number else None}
    run["turns"].append({**turn, "notified": told, "first_step": first, "last_step": first})


def _step(run: Document, time: float, turn: int | None, lane: str, kind: str, **values: Any) -> Document:
    step: Document = dict.fromkeys(_STEP_KEYS)
    step |= {"n": len(run["steps"]) + 1, "time": time, "turn": turn, "lane": lane, "kind": kind, "args": {}} | values
    if kind in _CHANNEL and step["function"] is None:
        step |= {"app": "PAREAgentUserInterface", "function": _CHANNEL[kind]}
    if step["title"] is None:
        text = step["args"].get("content") or ", ".join(f"{key}={value}" for key, value in step["args"].items())
        step["title"] = f"{step['function']}: {text[:70]}"
    if lane != "model":
        del step["model"]
    run["steps"].append(step)
    if turn is not None and run["turns"]:
        run["turns"][-1]["last_step"] = step["n"]
    return step


_STEP_KEYS: Final = (
    *("n", "time", "turn", "lane", "kind", "title", "app", "function", "args", "result", "error", "operation", "mode"),
    *("screen_before", "screen_after", "fault", "model"),
)
_CHANNEL: Final = {
    "message": "send_message_to_agent",
    "proposal": "send_message_to_user",
    "report": "send_message_to_user",
    "acceptance": "accept_proposal",
    "rejection": "reject_proposal",
}
_EMAILS: Final = {"app": "StatefulEmailApp", "function": "list_emails", "operation": "read", "mode": "observe"}
_CALENDAR: Final = {"app": "StatefulCalendarApp", "mode": "execute"}
_CALENDAR_READ: Final = {**_CALENDAR, "function": "get_calendar_events_from_to", "operation": "read"}
_CALENDAR_WRITE: Final = {**_CALENDAR, "function": "add_calendar_event", "operation": "write"}


def _news(time: float, kind: str, text: str) -> Document:
    return {"time": time, "kind": kind, "text": text}


def _mail_told(time: float) -> list[Document]:
    text = "New email from hello@courier.example: Your parcel"
    return [{"who": one, "notifications": [_news(time, "ENVIRONMENT", text)]} for one in ("USER", "AGENT")]


def _call(
    request: list[Document] | None,
    response: str | None,
    kept: int,
    *,
    tokens: tuple[int | None, int | None] = (640, 12),
    finish: str | None = "stop",
    error: str | None = None,
    live: bool = True,
) -> Document:
    asked = {"role": "observer", "model": "gpt-5-mini", "kept": kept, "request": request, "response": response}
    figures = {"latency": 1.234 if live else None, "prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
    return asked | figures | {"cost": 0.00123, "finish_reason": finish, "error": error, "live": live}


def _pairs(count: int, different: set[int]) -> list[Document]:
    return [{"a": n, "b": n, "same": n not in different} for n in range(1, count + 1)]


_SUITE: Final[Document] = {
    "name": "pare.yaml",
    "verdict": {"word": "FAIL", "passed": False, "lines": ["gate FAIL"], "reasons": [], "rate": None, "interval": None},
    **{key: [] for key in ("notes", "groups", "curves", "facts", "totals", "counts")},
    **{key: {} for key in ("scenarios", "settings")},
    "no_trace": "",
}


def page_of(documents: Iterable[Document]) -> str:
    """Return a page with these documents, as a session would have it."""
    texts, rows = {}, []
    for number, document in enumerate(documents):
        run = document["run"]
        key = f"run-{number}"
        texts[key] = packed(document)
        names = {"name": run["run"], "scenario": run["scenario"], "run": run["run_number"], "variant": run["variant"]}
        rows.append({**names, "suite": 0, "status": run["status"], "reason": run["reason"], "document": key})
    return page_text({"title": "pare.yaml", "suites": [_SUITE], "columns": [], "runs": rows}, texts)


def main() -> None:
    """Write a page with all documents into the file of the command line."""
    Path(sys.argv[1]).write_text(page_of(one() for one in DOCUMENTS.values()), encoding="utf-8")


if __name__ == "__main__":
    main()
