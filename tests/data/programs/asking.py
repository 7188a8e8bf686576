"""An agent that asks its model what to propose, as a program. It fails in a turn whose model does not answer."""

import json
import os
import urllib.error
import urllib.request

from faults import Failed, read, request, send


def ask(text):
    body = json.dumps({"model": "any", "messages": [{"role": "user", "content": text}]}).encode()
    url, token = os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{url}/chat/completions", body, headers)) as answer:
            return json.load(answer)["choices"][0]["message"]["content"]
    except urllib.error.HTTPError as error:
        with error:
            raise Failed(error.read().decode()) from error


def main():
    while True:
        message = read()
        result = {}
        try:
            if message["method"] == "initialize":
                result = {"protocol_version": 1, "agent": {"name": "asking", "version": None}}
            elif message["method"] == "turn":
                request("propose", {"text": ask(f"Turn {message['params']['number']}")})
        except Failed as error:
            send({"id": message["id"], "error": {"code": -32000, "message": str(error)}})
        else:
            send({"id": message["id"], "result": result})
        if message["method"] == "shutdown":
            return


main()
