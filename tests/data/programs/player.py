"""A program that makes the requests that a turn's notification lists as JSON, and reports the answers by a tool.

A request is [METHOD, PARAMS], `log` a notification, and [WORD] a fault of `faults.py`. All requests are sent before the
first answer is read. With the argument `early` it makes a request before the first turn.
"""

import json
import sys

from faults import FAULTS, log, read, send


def play(turn):
    requests = []
    for step in (step for news in turn["notifications"] for step in json.loads(news["text"])):
        if len(step) == 1:
            FAULTS[step[0]]()
        elif step[0] == "log":
            send({"method": "log", "params": step[1]})
        else:
            requests.append(step)
            send({"id": len(requests), "method": step[0], "params": step[1]})
    answers = [read() for _ in requests]
    outcomes = [answer.get("error", answer.get("result")) for answer in answers]
    report = {"turn": turn, "ids": [answer["id"] for answer in answers], "outcomes": outcomes}
    send({"id": "report", "method": "tools/call", "params": {"name": "record", "arguments": {"report": report}}})
    read()


def main():
    log("ready")
    while True:
        message = read()
        if "method" not in message:
            log(f"early: {message['error']['code']}")
            continue
        if message["method"] == "turn":
            play(message["params"])
        if message["method"] == "run/start" and "early" in sys.argv:
            FAULTS["asks"]()
        version = {"protocol_version": 1, "agent": {"name": "player", "version": None}}
        send({"id": message["id"], "result": version if message["method"] == "initialize" else {}})
        if message["method"] == "shutdown":
            log("goodbye")
            return


main()
