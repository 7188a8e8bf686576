#!/bin/sh
# LiteLLM 1.71.1: an error object in a response of status 200, which gateways send when their backend fails, ends in
# three ways, by the provider's name alone: the groq route returns a successful, empty answer with the finish reason
# "stop" and 0 tokens; the openai route raises a ServiceUnavailableError without the words of the error; the openrouter
# route raises the same with them.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip -q install --disable-pip-version-check litellm==1.71.1 openai==3.57.0
cat > probe.py <<'PY'
import json, os, threading, warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

warnings.simplefilter("ignore")
os.environ.update(LITELLM_LOCAL_MODEL_COST_MAP="True", LITELLM_LOG="CRITICAL")
import litellm

litellm.suppress_debug_info = True
BODY = json.dumps({"error": {"message": "the backend is overloaded", "code": 503}}).encode()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_address[1]}/v1"
seen = {}
for provider in ("groq", "openai", "openrouter"):
    try:
        response = litellm.completion(
            model="m", custom_llm_provider=provider, api_base=url, api_key="k", max_retries=0, num_retries=0,
            messages=[{"role": "user", "content": "Hello"}],
        )
        choice = response.choices[0]
        seen[provider] = ["answer", choice.message.content, choice.finish_reason, response.usage.total_tokens]
    except Exception as error:
        seen[provider] = [type(error).__name__, "overloaded" in str(error)]
    print(provider, seen[provider])
assert seen == {
    "groq": ["answer", None, "stop", 0],
    "openai": ["ServiceUnavailableError", False],
    "openrouter": ["ServiceUnavailableError", True],
}, seen
PY
env/bin/python probe.py
