"""An agent that saves a new number, as a program; its arguments say how it misbehaves."""

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time


def log(text):
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def write(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def send(message):
    write(json.dumps({"jsonrpc": "2.0", **message}))


def read():
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)


class Failed(Exception):
    pass


ids = itertools.count(1)


def ask(method, params):
    send({"id": f"a{next(ids)}", "method": method, "params": params})
    answer = read()
    if "error" in answer:
        raise Failed(answer["error"])
    return answer["result"]


def call(name, **arguments):
    return ask("tools/call", {"name": name, "arguments": arguments})["result"]


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
        ask("report", {"text": f"{name} has the new number now."})
    elif card["phone"] != phone:
        ask("propose", {"text": f"A new number from {name}: {phone}, not {card['phone']}. Shall I change it?"})


def exits():
    log("out of memory")
    sys.exit(3)


def hangs():
    # A child that outlives its parent, if nobody kills it.
    child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
    log(f"child {child.pid}")
    time.sleep(600)


def ignores_sigterm():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    hangs()


def closes_stdout():
    os.close(1)
    time.sleep(600)


def raises():
    raise Failed("the model is not loaded")


FAULTS = {
    None: lambda: None,
    "exits": exits,
    "crashes": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "hangs": hangs,
    "ignores-sigterm": ignores_sigterm,
    "prints": lambda: write("Loading model..."),
    "prints-secret": lambda: write(f"the key is {os.environ['MY_API_KEY']}"),
    "wrong-id": lambda: send({"id": 4711, "result": {}}),
    "invalid": lambda: write(json.dumps({"id": 1, "result": {}})),
    "large": lambda: write("x" * (17 << 20)),
    "closes-stdout": closes_stdout,
    "raises": raises,
    "asks": lambda: send({"id": "early", "method": "propose", "params": {"text": "May I?"}}),
}


def main():
    # WHEN:HOW, where WHEN is start, initialize, run, turn, end, or turn-N.
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
