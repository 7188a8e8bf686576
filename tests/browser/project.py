"""A project whose runs fail for six known reasons, with a model on loopback: what a report page is made of.

The model makes five mistakes, each in its own scenario, and one scenario has a defect. The model's answers are scripts,
so all sessions have the same results. The scenario `hostile` is full of texts that are dangerous if they are no texts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from tests.engines.asking_agents import called, said
from tests.engines.model_server import ModelServer, Reply, completion, sends

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tests.engines.model_server import Request

CAUSES = {
    "dinner_moved": "wrong argument: the dinner is moved to 20:00, and not to 19:00",
    "new_number": "too early: the contact is edited before the user has answered",
    "theatre_cancelled": "never asked: the model answers that it has noted the news, and proposes nothing",
    "bags_of_soil": "a tool failure that is not recovered: the cart refuses six bags, and the agent reports success",
    "parcel_at_the_depot": "a defect of the scenario: its script replies to a mail that does not exist",
    "ride_to_the_pier": "the model's answer is cut at max_tokens, before it calls a tool",
}
"""The scenarios that fail, and why."""

PRIYA = "a8d0d48fe070d5a5fa06e814fe7d9580"
DINNER = "42d25575f90b0c79ae3fd350dc8082f2"
_SAY = "PAREAgentUserInterface__send_message_to_user"

_AGENT = """
import json

from openai import OpenAI

TASK = "You look after the user's phone. Look things up, propose what helps, and carry out what is accepted."


def assist(turn):
    if not turn.notifications:
        return
    # Half of a surrogate pair cannot be sent.
    news = "\\n".join(one.text for one in turn.notifications).encode("utf-8", "replace").decode()
    scenario = turn.scenario_seed.partition("/")[0]
    messages = [
        {"role": "system", "content": f"{TASK} Phone: {scenario}"},
        {"role": "user", "content": f"{turn.mode.value}: {news}"},
    ]
    with OpenAI(base_url=turn.models.url, api_key=turn.models.token) as client:
        while True:
            answer = client.chat.completions.create(model="any", messages=messages, tools=turn.definitions)
            message = answer.choices[0].message
            messages.append(message)
            for call in message.tool_calls or ():
                try:
                    result = json.dumps(turn.call(call.function.name, json.loads(call.function.arguments)))
                except Exception as error:
                    result = f"{type(error).__name__}: {error}"
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
            if not message.tool_calls:
                break
    if turn.mode.value == "execute":
        turn.report(message.content)
"""

_CONFTEST = """
import pytest
from agent import assist


@pytest.fixture
def proactive_agent():
    return assist
"""

_PARCEL = """
from datetime import UTC, datetime

from pytest_pare.apps import StatefulEmailApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Accepted, Write, Writes, mentions, verdict


@register_scenario("parcel_at_the_depot")
class ParcelAtTheDepot(PAREScenario):
    '''A parcel waits at the depot. The agent offers to have it delivered.'''

    tags = ("app:email", "level:easy")
    start_time = datetime(2025, 5, 6, 9, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args, **kwargs):
        self.email = StatefulEmailApp(name="Emails")
        self.add_apps(self.email)

    def build_events_flow(self):
        with self.flow() as flow:
            news = flow.at(
                15,
                self.email.send_email_to_user_with_id(
                    email_id="parcel", sender="depot@post.example", subject="Your parcel", content="It waits for you."
                ),
            )
            again = self.email.reply_to_email_from_user(
                sender="depot@post.example", email_id="parcle", content="It still waits for you."
            )
            flow.world_after(news, 30, again)
            flow.after(news, 2, self.email.list_emails())
            flow.propose(2, "Your parcel waits at the depot. Shall I ask for a delivery on Thursday?")
            flow.accept(5, "Yes.")
            flow.then(2, self.email.reply_to_email(email_id="parcel", content="On Thursday, please."))

    def validate(self, env):
        write = Write("StatefulEmailApp", "reply_to_email", {"email_id": "parcel", "content": mentions("Thursday")})
        return verdict(env, Accepted(mentions("parcel")), Writes(write))
"""

MARK = "document.documentElement.dataset.marked = 'yes'"
"""A script that marks the document in which it runs."""

HOSTILE = f'</script><script>{MARK}</script><img src=x onerror="{MARK}"><svg onload="{MARK}"></svg><b>b</b>&lt;${{7*7}}'

_HOSTILE = f"""
from datetime import UTC, datetime

from pytest_pare.apps import StatefulEmailApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Accepted, Write, Writes, mentions, verdict

HOSTILE = {HOSTILE!r}


@register_scenario("hostile")
class Hostile(PAREScenario):
    '''Mails and chats with markup, scripts, half characters, and a megabyte of text.'''

    tags = ("app:email", "app:messaging", "level:hard")
    start_time = datetime(2025, 5, 6, 9, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args, **kwargs):
        self.email, self.messaging = StatefulEmailApp(name="Emails"), StatefulMessagingApp(name="Messages")
        self.eve = self.messaging.add_chat("eve", HOSTILE)
        self.add_apps(self.email, self.messaging)

    def build_events_flow(self):
        with self.flow() as flow:
            long = HOSTILE + "All work and no play. " * 48_000
            mail = self.email.send_email_to_user_with_id(
                email_id="eve", sender="eve@mail.example", subject=HOSTILE, content=long
            )
            news = flow.at(15, mail)
            chat = self.messaging.create_and_add_message("eve", self.eve, HOSTILE + " half a pair: \\ud83d")
            flow.world_after(news, 1, chat)
            flow.after(news, 2, self.email.list_emails())
            flow.propose(2, "Shall I answer Eve?")
            flow.accept(5, HOSTILE)
            flow.then(2, self.email.reply_to_email(email_id="eve", content="No."))

    def validate(self, env):
        write = Write("StatefulEmailApp", "reply_to_email", {{"email_id": "eve", "content": mentions("<b>no</b>")}})
        return verdict(env, Accepted(mentions("Eve")), Writes(write))
"""

_MATRIX = """
matrix:
  plain: {}
  noisy:
    noise: {tool_failure_probability: 0.5}
    agent_engine_config: {model_name: other-model, provider: local, endpoint: "URL"}
"""

_SUITE = """
scenarios:
  bundled: true
  paths: [library]
  include: {include}
runs: {runs}
live: true
runner:
  max_turns: 12
  agent_engine_config: {{model_name: small-model, provider: local, endpoint: "{url}", price: {{input: 2, output: 8}}}}
{more}
"""


def write_project(project: Path, url: str, *, runs: int = 1, more: str = "", include: Sequence[str] = ()) -> None:
    """Write the project.

    Args:
        project: Its directory.
        url: The address of the model.
        runs: The number of runs of each scenario.
        more: More sections of the suite file, with `URL` for the address.
        include: The scenarios; those of `CAUSES` if there are none.
    """
    names = ", ".join(include or CAUSES)
    suite = _SUITE.format(include=f"[{names}]", runs=runs, url=url, more=dedent(more).replace("URL", url))
    files = {
        "agent.py": _AGENT,
        "conftest.py": _CONFTEST,
        "library/parcel_at_the_depot.py": _PARCEL,
        "library/hostile.py": _HOSTILE,
        "pare.yaml": suite,
        "pytest.ini": "[pytest]\n",
    }
    for name, content in files.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content.lstrip(), encoding="utf-8")


def _call(name: str, **arguments: Any) -> dict[str, Any]:
    return called((name, arguments), usage=(900, 40))


def _cut(text: str) -> dict[str, Any]:
    return completion(text, finish="length", usage={"prompt_tokens": 900, "completion_tokens": 64, "total_tokens": 964})


def _ask(text: str) -> list[dict[str, Any]]:
    return [_call(_SAY, content=text), said("I have asked the user.")]


_MOVE = "Priya would like to move Thursday's dinner to 19:00. Shall I move it, until 21:00, and tell her that it works?"
_TO_PRIYA = {"user_id": PRIYA, "content": "19:00 works, see you on Thursday!"}
_CORRECT = "Elena Rossi's number ends in 0171 now. Shall I correct it in your contacts?"
_EDIT = {"contact_id": "elena-rossi", "updates": {"phone": "+39 333 555 0171"}}
_SOIL = "Keisha would like 4 bags of potting soil with your 2 of 40 l. Shall I put 6 bags of 40 l into the cart?"


def _dinner(hour: int) -> list[dict[str, Any]]:
    moved = {"event_id": DINNER, "start_datetime": f"2025-03-13 {hour}:00:00", "end_datetime": "2025-03-13 21:00:00"}
    return [
        _call("Messages__read_conversation", conversation_id="priya"),
        _call("Calendar__search_events", query="Dinner with Priya"),
        *_ask(_MOVE),
        _call("Calendar__edit_calendar_event", **moved),
        _call("Messages__send_message", **_TO_PRIYA),
        said("The dinner is moved, and Priya knows."),
    ]


SCRIPTS: Mapping[str, list[dict[str, Any]]] = {
    # The second run of it is right.
    "dinner_moved": [*_dinner(20), *_dinner(19)],
    "new_number": [
        _call("Contacts__search_contacts", query="Elena"),
        _call(_SAY, content=_CORRECT),
        _call("Contacts__edit_contact", **_EDIT),
        said("Elena's number is corrected."),
    ],
    "theatre_cancelled": [said("Noted: Noor is ill."), said("Noted: the tickets are for Friday.")],
    "bags_of_soil": [
        _call("Messages__read_conversation", conversation_id="next-door"),
        _call("Notes__search_notes", query="potting soil"),
        *_ask(_SOIL),
        _call("Shopping__add_to_cart", item_id="potting-soil-40", quantity=6),
        said("All six bags are in your cart."),
    ],
    "parcel_at_the_depot": [_call("Emails__list_emails"), said("Nothing to do.")],
    "hostile": [
        _call("Emails__list_emails"),
        *_ask(f"Eve writes {HOSTILE} half a pair: \udc00. Shall I answer?"),
        _call("Emails__reply_to_email", email_id="eve", content=HOSTILE),
        said(HOSTILE),
    ],
    "ride_to_the_pier": [_cut("The user is going to the pier, so I should first look at")],
}
"""The model's answers in order, over all runs of a scenario that are played one after the other."""


class Model:
    """Answers the runs of each scenario by its script; after the last answer, it begins again."""

    def __init__(self) -> None:
        self._asked: Counter[tuple[str, str]] = Counter()

    def __call__(self, request: Request) -> Reply:
        """Return the next answer to a model and a scenario."""
        scenario = request.body["messages"][0]["content"].rpartition("Phone: ")[2]
        asked = (request.body["model"], scenario)
        script = SCRIPTS[scenario]
        self._asked[asked] += 1
        return sends(script[(self._asked[asked] - 1) % len(script)])


def write_page(
    directory: Path, python: Callable[[list[str]], list[str]] = lambda args: [sys.executable, *args]
) -> Path:
    """Write a report page of two runs of each scenario, plain and with noise, remove the project, and return the page.

    Args:
        directory: The directory of the page.
        python: Returns the command of a process of Python with arguments.
    """
    project, page = directory / "project", directory / "page.html"
    with ModelServer(Model(), models=["small-model", "other-model"]) as server:
        write_project(project, server.url, runs=2, more=_MATRIX, include=[*CAUSES, "hostile"])
        flags = ["--pare-config=pare.yaml", f"--pare-html={page}", "-q", "--tb=no"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV"))}
        done = subprocess.run(
            python(["-m", "pytest", *flags]),
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    shutil.rmtree(project)
    return page
