"""What the programs of these tests have in common: JSON-RPC on the standard streams, and ways to misbehave."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


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


def request(method, params):
    send({"id": f"a{next(ids)}", "method": method, "params": params})
    answer = read()
    if "error" in answer:
        raise Failed(answer["error"])
    return answer["result"]


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


def interrupts():
    os.kill(os.getppid(), signal.SIGINT)
    hangs()


def closes_stdout():
    os.close(1)
    time.sleep(600)


def prints_secret():
    secret = os.environ["MY_API_KEY"]
    log(f"said {secret}")
    write(f"the key is {secret}")


def endless():
    while True:
        sys.stdout.write("x" * 65536)


def prints_latin():
    sys.stdout.buffer.write("müde\n".encode("latin-1"))
    sys.stdout.flush()


def meets():
    # Waits until two programs are there.
    Path(f"met-{os.getpid()}").touch()
    while len(list(Path().glob("met-*"))) < 2:
        time.sleep(0.01)


def tells():
    Path(f"met-{os.getpid()}").touch()
    hangs()


def kills_worker():
    Path(f"met-{os.getpid()}").touch()
    os.kill(os.getppid(), signal.SIGKILL)
    ignores_sigterm()


def raises():
    raise Failed("the model is not loaded")


def chatters():
    for number in range(16384):
        log(f"{number:>8} {'x' * 54}")


def never_stops():
    while True:
        sys.stderr.write("x" * 63 + "\n")


def raises_loudly():
    log("Traceback (most recent call last):")
    log("Failed: the model is not loaded")
    raises()


def repeats():
    log("the model is not loaded")
    raises()


FAULTS = {
    None: lambda: None,
    "exits": exits,
    "crashes": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "hangs": hangs,
    "ignores-sigterm": ignores_sigterm,
    "interrupts": interrupts,
    "prints": lambda: write("Loading model..."),
    "prints-secret": prints_secret,
    "prints-nan": lambda: write('{"jsonrpc": "2.0", "method": "log", "params": {"text": NaN}}'),
    "prints-latin": prints_latin,
    "nested": lambda: write("[" * 100_000),
    "wrong-id": lambda: send({"id": 4711, "result": {}}),
    "invalid": lambda: write(json.dumps({"id": 1, "result": {}})),
    "slow": lambda: time.sleep(1.2),
    "meets": meets,
    "tells": tells,
    "kills-worker": kills_worker,
    "batch": lambda: write("[]"),
    "no-result": lambda: send({"id": 3}),
    "endless": endless,
    "large": lambda: write("x" * (17 << 20)),
    "closes-stdout": closes_stdout,
    "raises": raises,
    "chatters": chatters,
    "never-stops": never_stops,
    "raises-loudly": raises_loudly,
    "repeats": repeats,
    "asks": lambda: send({"id": "early", "method": "propose", "params": {"text": "May I?"}}),
}
