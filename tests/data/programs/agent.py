"""An agent that saves a new number, as a program. An argument WHEN:HOW lets it misbehave, see `faults.py`.

WHEN is start, initialize, run, turn, turn-N, end, or between (behind the end of a run).
"""

import os
import re
import sys

from faults import FAULTS, Failed, log, read, request, send


def call(name, **arguments):
    return request("tools/call", {"name": name, "arguments": arguments})["result"]


def keep_numbers(turn):
    accepted = turn["mode"] == "execute"
    text = turn["proposal"]["text"] if accepted else "\n".join(news["text"] for news in turn["notifications"])
    found = re.search(r"from (\w+ \w+).*?(\+[\d ]+\d)", text, re.DOTALL)
    if found is None:
        return
    name, phone = found.groups()
    card = call("Contacts__search_contacts", query=name)[0]
    if accepted:
        call("Contacts__edit_contact", contact_id=card["contact_id"], updates={"phone": phone})
        request("report", {"text": f"{name} has the new number now."})
    elif card["phone"] != phone:
        request("propose", {"text": f"A new number from {name}: {phone}, not {card['phone']}. Shall I change it?"})


def main():
    faults = dict(argument.split(":") for argument in sys.argv[1:] if ":" in argument)
    log(f"pid {os.getpid()}")
    FAULTS[faults.get("start")]()
    while True:
        message = read()
        number, method, params = message["id"], message["method"], message["params"]
        result = {}
        when = {"run/start": "run", "run/end": "end"}.get(method, method)
        try:
            FAULTS[faults.get(f"{when}-{params.get('number')}") or faults.get(when)]()
            if method == "initialize":
                version = 2 if "new-version" in sys.argv else 1
                result = {"protocol_version": version, "agent": {"name": "number keeper", "version": None}}
            elif method == "turn":
                keep_numbers(params)
        except Failed as error:
            send({"id": number, "error": {"code": -32000, "message": str(error)}})
        else:
            send({"id": number, "result": result})
        if method == "run/end":
            FAULTS[faults.get("between")]()
        if method == "shutdown":
            return


main()
