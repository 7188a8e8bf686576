"""An agent that says all secrets that it has, wherever it can."""

import json
import os
import sys
import urllib.request

from faults import Failed, log, read, request, send

SECRETS = [os.environ[name] for name in ("MY_API_KEY", "OTHER_TOKEN", "OPENAI_API_KEY", "PARE_MCP_TOKEN")]


def ask(models, text):
    body = json.dumps({"model": "any", "messages": [{"role": "user", "content": text}]}).encode()
    headers = {"Authorization": f"Bearer {models['token']}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{models['url']}/chat/completions", body, headers)) as answer:
        return answer.read().decode()


def play_turn(models, text):
    text = f"{text} {ask(models, text)}"
    log(text)
    send({"method": "log", "params": {"level": "warning", "text": text}})
    send({"method": f"log-{text}"})
    for name, arguments in [
        ("Contacts__search_contacts", {"query": text}),
        ("Contacts__get_contact", {"contact_id": text}),
        (f"no_tool_{SECRETS[0]}-{models['token']}", {text: text}),
    ]:
        try:
            request("tools/call", {"name": name, "arguments": arguments})
        except Failed as error:
            log(str(error))
    request("propose", {"text": text})


def main():
    models, text = None, " ".join(SECRETS)
    while True:
        message = read()
        answer = {"result": {}}
        if message["method"] == "initialize":
            answer = {"result": {"protocol_version": 1, "agent": {"name": text, "version": text}}}
        elif message["method"] == "run/start":
            models = message["params"]["models"]
            text = " ".join([*SECRETS, models["token"], message["params"]["mcp"]["token"]])
        elif message["method"] == "turn":
            play_turn(models, text)
            if sys.argv[1] == "fails":
                answer = {"error": {"code": -32000, "message": text}}
            elif sys.argv[1] == "prints":
                send({"id": text, "result": text})
        send({"id": message["id"], **answer})
        if message["method"] == "shutdown":
            return


main()
