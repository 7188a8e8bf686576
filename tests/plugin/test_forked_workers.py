"""Workers that are forked. Each session has to import everything once more, and is slow."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import execnet
import pytest

from pytest_pare.fork import memory, server
from pytest_pare.plugin import forking
from pytest_pare.plugin.forking import PRELOAD, fork_workers
from tests.plugin.test_suite_workers import SUITE, interrupted_by_x, without_times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.plugin.conftest import Example

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only"),
    pytest.mark.usefixtures("plain_processes"),
]

# What a process can tell of itself.
TELL = """
import gc, os, signal, sys, threading, warnings
files = [f"/proc/self/fd/{number}" for number in range(100)]
channel.send({
    "argv": sys.argv,
    "orig_argv": sys.orig_argv[1:],
    "flags": repr(sys.flags),
    "warnings": repr(warnings.filters),
    "streams": repr([sys.stdin, sys.stdout, sys.stderr, sys.__stdin__, sys.__stdout__, sys.__stderr__]),
    "files": [os.readlink(file).partition(":")[0] for file in files if os.path.lexists(file)],
    "signals": repr([(number, signal.getsignal(number)) for number in signal.valid_signals()]),
    "threads": len(threading.enumerate()),
    "is collecting": gc.isenabled(),
    "directory": os.getcwd(),
    "environment": dict(os.environ),
    "group": os.getpgid(0),
    "main": sorted(vars(sys.modules["__main__"])),
})
"""

# What a scenario can tell of its worker.
PARENT = "open(f'worker-{os.getpid()}', 'w').write(str(os.getppid()))"


@pytest.fixture
def wants_forks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let any suite have its workers forked, from a process that has not imported LiteLLM, which takes seconds."""
    monkeypatch.setattr("pytest_pare.plugin.session._wants_forks", lambda suites: True)
    monkeypatch.setattr(forking, "PRELOAD", [name for name in PRELOAD if name != "pytest_pare.plugin.warmup"])


@pytest.fixture
def configured(pytester: pytest.Pytester) -> Iterator[Callable[..., pytest.Config]]:
    """A function that returns the configuration of a session with workers."""
    configs = []

    def configure(*specs: str) -> pytest.Config:
        configs.append(pytester.parseconfig())
        configs[-1].option.dist, configs[-1].option.tx = "load", list(specs)
        return configs[-1]

    yield configure
    for config in configs:
        config._ensure_unconfigure()


def workers(directory: Path) -> dict[int, int]:
    """Return the workers that scenarios have reported, with the process that each comes from."""
    found = {int(path.name.partition("-")[2]): path.read_text() for path in directory.glob("worker-*")}
    return {worker: int(parent or 0) for worker, parent in found.items()}


def descendants(pid: int) -> list[int]:
    children = [
        int(child)
        for thread in Path(f"/proc/{pid}/task").iterdir()
        for child in (thread / "children").read_text().split()
    ]
    return children + [pid for child in children for pid in descendants(child)]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "that took too long"
        time.sleep(0.05)


def test_forked_workers_change_nothing_but_durations(example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_pare.plugin.session._wants_forks", lambda suites: True)
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    example.suite("scenarios: {bundled: true, split: core}\nreports: {json: out.json}")
    example.pytester.makeini("[pytest]\nfilterwarnings = error")
    sessions = []
    for flags in ("-n3", "--dist=worksteal"), ("-p", "no:xdist"):
        session = example.run(*SUITE, *flags)
        assert session.code == pytest.ExitCode.OK, session.out
        report = json.loads((example.path / "out.json").read_text())
        for group in [report["metadata"], *report["per_config_results"]]:
            for key in [key for key in group if "duration" in key or key == "timestamp"]:
                del group[key]
        sessions.append([report, without_times(session.summary), session.outcomes(), session.header[0]])
    assert sessions[0] == sessions[1]
    assert session.header[1:] == ["one run at a time; -n 40 plays 40 at once"]


def test_a_forked_worker_is_as_a_plain_one(
    configured: Callable[..., pytest.Config], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = configured("popen", "2*popen")
    assert fork_workers(config, ["json", "sqlite3"]) is None
    forked, many = config.option.tx
    assert many == f"2*{forked}"
    # What a conftest may do before the workers are started.
    monkeypatch.setenv("PARE_TEST", "late")
    monkeypatch.delenv("HOME")
    monkeypatch.chdir(tmp_path)
    group = execnet.Group(execmodel="main_thread_only")
    answers = []
    for spec in (f"popen//python={sys.executable}", forked):
        channel = group.makegateway(spec).remote_exec(TELL)
        answers.append(channel.receive(timeout=20))
    group.terminate(timeout=5)
    plain, one = answers
    assert one == plain
    assert plain["environment"]["PARE_TEST"] == "late"


def test_forked_workers_draw_numbers_of_their_own(configured: Callable[..., pytest.Config]) -> None:
    config = configured("popen")
    assert fork_workers(config, ["numpy.random"]) is None
    group = execnet.Group(execmodel="main_thread_only")
    draw = "import numpy, random; channel.send([numpy.random.random(), random.random()])"
    drawn = [group.makegateway(config.option.tx[0]).remote_exec(draw).receive(timeout=20) for _ in range(3)]
    group.terminate(timeout=5)
    assert [len(set(numbers)) for numbers in zip(*drawn, strict=True)] == [3, 3]


@pytest.mark.usefixtures("wants_forks")
def test_a_forked_worker_that_dies_is_replaced_by_another(example: Example) -> None:
    for name in ("dig", "mow", "prune", "rake"):
        example.scenario(name, f"{PARENT}\nreturn ScenarioValidationResult(success=True)")
    example.scenario("kill", f"{PARENT}\nos.kill(os.getpid(), signal.SIGKILL)")
    example.scenario("quit", f"{PARENT}\nos._exit(0)")
    session = example.run(*SUITE, "-n1", "--pare-min-success-rate=0")
    assert session.outcomes() == {"passed": 4, "failed": 2}
    assert session.open_runs == ["NO RESULT  kill: its process died", "NO RESULT  quit: its process died"]
    assert not any("forked" in line for line in session.header)
    found = workers(example.path)
    assert len(found) == 3
    (server,) = set(found.values())
    assert server != os.getpid()
    assert not any(map(is_running, [server, *found]))


@pytest.mark.usefixtures("wants_forks")
def test_x_ends_forked_workers(example: Example) -> None:
    assert not any("forked" in line for line in interrupted_by_x(example).header)


@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_of_a_session_that_is_ended(ended_by: signal.Signals, example: Example) -> None:
    example.suite("runs: 2").scenario("sleep", f"{PARENT}\ntime.sleep(120)")
    example.write(
        "forked.py",
        """
        from pytest_pare.plugin import forking
        from pytest_pare.plugin import session
        session._wants_forks = lambda suites: True
        forking.PRELOAD = ["pytest_pare.plugin.session", "pytest_pare.simulation.runner"]
        """,
    )
    command = [sys.executable, "-m", "pytest", *SUITE, "-n2", "-p", "forked", "-p", "no:cacheprovider"]
    with (example.path / "output").open("wb") as output:
        session = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        wait_until(lambda: len(workers(example.path)) == 2 and all(workers(example.path).values()), 60)
        family = descendants(session.pid)
        assert {*workers(example.path), *workers(example.path).values()} < set(family)
        assert len(family) == 5
        # Ctrl-C reaches all of them, and SIGKILL here only the first.
        (os.killpg if ended_by == signal.SIGINT else os.kill)(session.pid, ended_by)
        assert session.wait(timeout=30) == (2 if ended_by == signal.SIGINT else -ended_by)
        # A worker that has lost its controller is given five seconds by execnet to end what it does.
        wait_until(lambda: not any(map(is_running, family)), 30)
        assert "Traceback" not in (example.path / "output").read_text()
    finally:
        session.kill()
        session.wait()


def test_a_worker_ends_with_what_execnet_has_started_for_it(configured: Callable[..., pytest.Config]) -> None:
    config = configured("popen")
    assert fork_workers(config, []) is None
    group = execnet.Group(execmodel="main_thread_only")
    gateway = group.makegateway(config.option.tx[0])
    worker = gateway.remote_exec("import os; channel.send(os.getpid())").receive(timeout=20)
    gateway._io.kill()
    wait_until(lambda: not is_running(worker), 10)
    group.terminate(timeout=5)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("print(input() + '!')", 0),
        ("print(input() + '!'); 1 / 0", 1),
        ("import os; print(input() + '!'); os._exit(7)", 7),
        ("import os; print(input() + '!'); os.kill(os.getpid(), 9)", 128 + 9),
        ("import threading; threading.Timer(0.1, lambda: print(input() + '!')).start()", 0),
        ("import atexit; atexit.register(lambda: print(input() + '!'))", 0),
        ("exec('''print(input() + '!')''')", 0),
    ],
)
def test_code_is_run_as_python_runs_it(code: str, status: int, configured: Callable[..., pytest.Config]) -> None:
    config = configured("popen")
    assert fork_workers(config, []) is None
    shim = shlex.split(config.option.tx[0].removeprefix("popen//python="))
    done = subprocess.run([*shim, "-u", "-c", code], input="on", capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("on!\n", status)
    assert ("ZeroDivisionError" in done.stderr) == (status == 1)


def test_a_worker_is_plain_when_none_can_be_forked_any_more(
    configured: Callable[..., pytest.Config], capfd: pytest.CaptureFixture[str]
) -> None:
    config = configured("popen")
    assert fork_workers(config, []) is None
    config._ensure_unconfigure()
    group = execnet.Group(execmodel="main_thread_only")
    gateway = group.makegateway(config.option.tx[0])
    parent = gateway.remote_exec("import os; channel.send(os.getppid())").receive(timeout=20)
    group.terminate(timeout=5)
    assert parent == os.getpid()
    assert capfd.readouterr().err == "pare: workers can no longer be forked; this one takes more time and memory\n"


# -- who is at the other end of the socket


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with server._listen() as listening:
        yield listening


def test_a_server_runs_no_code_of_another_user(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: -1)
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(listener.getsockname())
        socket.send_fds(stranger, [(4).to_bytes(8, "big")], [0, 1, 2])
        stranger.sendall(b"code")
        stranger.shutdown(socket.SHUT_WR)
        assert server._accept(listener) is None
        # What it has sent was not read, and the connection is closed.
        with pytest.raises(ConnectionResetError):
            stranger.recv(1)


def test_a_shim_sends_nothing_to_a_server_of_another_user(listener: socket.socket) -> None:
    address = listener.getsockname()[1:].decode()
    code = f"import os; os.getuid = lambda: 2**32 - 1; from pytest_pare.fork.shim import main; main({address!r}, {{}})"
    worker = ["-c", "print('a plain worker')"]
    # A shim that takes the server for its own waits for a worker.
    done = subprocess.run(
        [sys.executable, "-c", code.format(worker)], capture_output=True, text=True, check=False, timeout=20
    )
    assert done.stdout == "a plain worker\n"
    assert done.stderr == "pare: workers can no longer be forked; this one takes more time and memory\n"
    connection, _ = listener.accept()
    with connection:
        assert connection.recv(1) == b""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_process_of_another_user_gets_no_worker(configured: Callable[..., pytest.Config]) -> None:
    config = configured("popen")
    assert fork_workers(config, []) is None
    address = shlex.split(config.option.tx[0])[-1]
    code = f"""
import os, socket
os.setuid(65534)
server = socket.socket(socket.AF_UNIX)
server.connect({chr(0) + address!r})
try:
    socket.send_fds(server, [(15).to_bytes(8, "big")], [0, 1, 2])
    server.sendall(b"print('hello')\\0/")
    server.shutdown(socket.SHUT_WR)
    print(server.recv(1))
except OSError:
    print(b"")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "b''\n", done.stderr


@pytest.mark.parametrize(
    ("specs", "module", "reason"),
    [
        (["popen", "popen//chdir=there"], "", "popen//chdir=there is more than popen"),
        (["ssh=there"], "", "ssh=there is more than popen"),
        (["popen"], "not.there", "ModuleNotFoundError: No module named 'not'"),
        (["popen"], "this_one_starts_a_thread", "RuntimeError: an import has started threads: forever"),
        (["popen"], "this_one_ends_it_all", "the process to fork from ended with status 3"),
    ],
)
def test_plain_workers_are_used_where_none_can_be_forked(
    specs: list[str],
    module: str,
    reason: str,
    configured: Callable[..., pytest.Config],
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        this_one_starts_a_thread="import threading, time\n"
        "threading.Thread(target=time.sleep, args=[60], name='forever', daemon=True).start()",
        this_one_ends_it_all="import os; os._exit(3)",
    )
    pytester.syspathinsert()
    config = configured(*specs)
    assert fork_workers(config, [module]) == f"workers are not forked, and take more memory: {reason}"
    assert config.option.tx == specs


def test_plain_workers_are_used_elsewhere(
    configured: Callable[..., pytest.Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert str(fork_workers(configured("popen"), [])).endswith(": darwin is not Linux")


def test_plain_workers_are_used_if_the_imports_take_forever(
    configured: Callable[..., pytest.Config], pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forking, "_START_SECONDS", 0.3)
    monkeypatch.setattr(forking, "_END_SECONDS", 0.1)
    pytester.makepyfile(this_one_never_returns="import time; time.sleep(60)")
    pytester.syspathinsert()
    reason = fork_workers(configured("popen"), ["this_one_never_returns"])
    assert str(reason).endswith(": no answer within 0.3 s")


def test_nothing_is_started_where_there_is_nothing_to_fork(pytester: pytest.Pytester) -> None:
    assert fork_workers(pytester.parseconfig("--collect-only", "-n2"), ["not.there"]) is None
    assert fork_workers(pytester.parseconfig("-n0"), ["not.there"]) == "one run at a time; -n 40 plays 40 at once"


@pytest.fixture
def fill_gaps(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[bytes]]:
    """A function that fills the gaps in this process, and returns by what."""
    filling: list[bytes] = []
    monkeypatch.setattr(memory, "_filling", filling)

    def fill() -> list[bytes]:
        memory._fill_gaps()
        return filling

    return fill


@pytest.mark.skipif(bool(os.environ.get("PYTHONMALLOC")), reason="another allocator of CPython's")
def test_what_is_made_after_gaps_are_filled_stands_together(fill_gaps: Callable[[], list[bytes]]) -> None:
    size = 208
    many = [bytes(size - sys.getsizeof(b"")) for _ in range(10_000)]
    gaps = {id(block) for block in many[::2]}
    del many[::2]
    filling = fill_gaps()
    assert len(gaps & set(map(id, filling))) > 4_900
    later = [bytes(size - sys.getsizeof(b"")) for _ in range(200)]
    assert len({id(block) // memory._POOL for block in later}) <= 200 * size // memory._POOL + 2


def test_gaps_are_filled_up_to_a_limit(fill_gaps: Callable[[], list[bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_MOST_FILLING", 1000)
    # Objects never stand one after the other where ids are no addresses.
    monkeypatch.setattr(memory, "id", lambda block: 0, raising=False)
    assert [sys.getsizeof(block) for block in fill_gaps()] == [48] * 21


def test_what_is_prepared_leaves_no_thread_no_scenario_and_no_class_to_be_built() -> None:
    code = """
import threading, warnings
warnings.simplefilter("ignore")
import pytest_pare.plugin.warmup
from litellm import ModelResponse
from pytest_pare.scenarios.registry import registry
print(threading.active_count(), len(registry.registered()), ModelResponse.__pydantic_complete__)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "0", "True"]
