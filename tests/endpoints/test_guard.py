"""Who may talk to the server of a process: the agent of an open run, from this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pytest_pare.base.redaction import redacted
from pytest_pare.endpoints import server
from pytest_pare.endpoints.guard import LARGEST_BODY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
OF_MCP = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}


class Offer:
    """A run with one tool."""

    def definitions(self) -> list[dict[str, Any]]:
        function = {"name": "echo", "description": "Echo.", "parameters": {"type": "object", "properties": {}}}
        return [{"type": "function", "function": function, "annotations": {"operation": "read"}}]

    def prepare(self, name: str, arguments: Mapping[str, Any]) -> Callable[[], Any]:
        return lambda: self.call(name, arguments)

    def call(self, name: str, arguments: Mapping[str, Any]) -> Any:
        return dict(arguments)

    def answer(self, request: Any, /) -> Any:
        raise AssertionError(request)


@pytest.fixture
def token() -> Iterator[str]:
    token = server.issue()
    server.bind(token, Offer())
    yield token
    server.revoke(token)


def ask(token: str | None, headers: dict[str, str] | None = None, **request: Any) -> httpx.Response:
    """Send a request; without more, it lists the tools."""
    known = {} if token is None else {"Authorization": f"Bearer {token}"}
    asked = {"method": "POST", "url": server.mcp_url(), "json": LIST, **request}
    if "content" in asked:
        del asked["json"]
    return httpx.request(**asked, headers={**OF_MCP, **known, **(headers or {})}, trust_env=False)


def message(response: httpx.Response) -> str:
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    # No client of OpenAI's sends a refused request again.
    assert response.headers["x-should-retry"] == "false"
    return str(error["message"])


@pytest.mark.parametrize("path", ["mcp", "mcp/"])
def test_the_agent_of_a_run_is_answered_at_both_paths(token: str, path: str) -> None:
    response = ask(token, url=server.mcp_url().replace("mcp/", path))
    assert (response.status_code, response.history) == (200, [])
    assert [tool["name"] for tool in response.json()["result"]["tools"]] == ["echo"]


@pytest.mark.parametrize("origin", ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:80"])
def test_a_page_of_this_machine_is_answered(token: str, origin: str) -> None:
    assert ask(token, {"Origin": origin}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Host": "evil.example"}, "its own address"),
        ({"Host": "127.0.0.1"}, "its own address"),
        ({"Host": "127.0.0.1:1"}, "its own address"),
        ({"Origin": "http://evil.example"}, "its own machine"),
        ({"Origin": "http://127.0.0.1.evil.example"}, "its own machine"),
        ({"Origin": "http://localhost@evil.example"}, "its own machine"),
        ({"Origin": "null"}, "its own machine"),
        ({"Origin": "http://[broken"}, "its own machine"),
    ],
    ids=str,
)
def test_others_are_refused_even_with_the_token(token: str, headers: dict[str, str], why: str) -> None:
    response = ask(token, headers)
    assert response.status_code == 403
    assert why in message(response)


def test_only_the_token_of_a_run_is_accepted(token: str) -> None:
    given = [None, "wrong", "pare_token_", token[:-1], f"{token}x", token.upper()]
    refused = [ask(one) for one in given]
    refused += [ask(None, {"Authorization": form}) for form in (token, f"Basic {token}", f"Bearer {token} {token}")]
    assert [one.status_code for one in refused] == [401] * 9
    # Nothing says how near it was.
    assert len({message(one) for one in refused}) == 1
    assert ask(None, {"Authorization": f"bearer {token}"}).status_code == 200
    twice = [("Authorization", f"Bearer {token}")] * 2
    assert httpx.post(server.mcp_url(), json=LIST, headers=twice, trust_env=False).status_code == 401


def test_a_token_is_of_use_while_its_run_is_open(token: str) -> None:
    server.unbind(token)
    closed = ask(token)
    assert (closed.status_code, message(closed)) == (409, "no run with this token is open")
    server.refuse(token, "use another one")
    assert message(ask(token)) == "use another one"
    server.bind(token, Offer())
    assert ask(token).status_code == 200
    server.revoke(token)
    assert ask(token).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/mcp/", 405),
        ("DELETE", "/mcp", 405),
        ("OPTIONS", "/mcp/", 405),
        ("GET", "/", 404),
        ("POST", "/mcp/more", 404),
        ("GET", "/v1/files", 404),
        ("GET", "/../etc/passwd", 404),
    ],
)
def test_there_is_nothing_else(token: str, method: str, path: str, status: int) -> None:
    url = server.mcp_url().removesuffix("/mcp/") + path
    assert ask(None, method=method, url=url).status_code == 401
    response = ask(token, method=method, url=url)
    assert response.status_code == status
    assert message(response)


def chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 2**20):
        yield bytes(2**20)


def test_a_body_that_is_too_large_is_refused(token: str) -> None:
    announced = ask(token, content=bytes(LARGEST_BODY + 1))
    assert (announced.status_code, message(announced)) == (413, f"the body is larger than {LARGEST_BODY} bytes")
    assert ask(token, content=chunks(LARGEST_BODY + 2**20)).status_code == 413
    # It arrives, and is no JSON.
    assert ask(token, content=bytes(LARGEST_BODY), headers={"Content-Type": "application/json"}).status_code == 400


@pytest.mark.parametrize(
    ("body", "answered"),
    [
        ({"jsonrpc": "2.0", "id": 1, "method": "server/discover"}, "this server answers initialize, ping, tools/list"),
        ({"jsonrpc": "2.0", "id": 1, "method": "resources/list"}, "this server answers initialize, ping, tools/list"),
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {}}, "the parameters are not those"),
    ],
    ids=lambda value: value["method"] if isinstance(value, dict) else "",
)
def test_a_request_that_is_not_for_tools_gets_an_error_of_the_protocol(
    token: str, body: dict[str, Any], answered: str, caplog: pytest.LogCaptureFixture
) -> None:
    response = ask(token, json=body)
    assert response.status_code == 200
    assert answered in response.json()["error"]["message"]
    assert caplog.records == []


def test_an_exception_of_the_server_is_a_sentence(token: str, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Offer):
        def definitions(self) -> list[dict[str, Any]]:
            raise ValueError("broken")

    server.bind(token, Broken())
    response = ask(token)
    assert response.json()["error"]["message"] == "ValueError: broken"
    assert caplog.records == []


def test_a_token_is_redacted_wherever_it_is_written() -> None:
    token = server.issue()
    for text in (token, f"Bearer {token}", f'{{"key": "{token}"}}', f"x={token}&y", f"{token}{token}"):
        assert token not in redacted(text)
    server.revoke(token)
    assert token not in redacted(f"an old {token}")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_listens_on_loopback_only(token: str) -> None:
    assert ask(token).status_code == 200
    port = f":{int(server.mcp_url().split(':')[2].split('/')[0]):04X}"
    lines = [
        line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/self/net/{name}").read_text().splitlines()
    ]
    listening = [line[1] for line in lines if line[1].endswith(port) and line[3] == "0A"]
    assert listening == [f"0100007F{port}"]


def open_sockets() -> list[str]:
    found = []
    for one in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(one.readlink()))
        except FileNotFoundError:
            continue
    return sorted(name for name in found if name.startswith(("socket:", "anon_inode:[eventpoll]")))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_is_left_of_a_server_that_is_closed() -> None:
    before = open_sockets()
    with httpx.Client(trust_env=False) as client:
        # One that nobody has used, and one with a connection that is kept.
        unused = server.mcp_url()
        server.close()
        token = server.issue()
        server.bind(token, Offer())
        used = server.mcp_url()
        assert client.post(used, json=LIST, headers={**OF_MCP, "Authorization": f"Bearer {token}"}).status_code == 200
        server.close()
        for url in (unused, used):
            with pytest.raises(httpx.ConnectError):
                httpx.post(url, trust_env=False)
    server.revoke(token)
    assert open_sockets() == before


# What is heavy, and not imported by ARE before.
_PROCESS = """
import os, signal, sys
from pytest_pare.endpoints import server
def loaded(): return [name for name in ("uvicorn", "starlette", "mcp") if name in sys.modules]
url = server.mcp_url()
assert loaded() == [], loaded()
child = os.fork()
if not child:
    own = server.mcp_url()
    server.close()
    os._exit(own == url)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
import httpx
assert httpx.post(url).status_code == 401
assert loaded() == ["uvicorn"], loaded()
print(url, flush=True)
if sys.argv[1] == "interrupt":
    os.kill(os.getpid(), signal.SIGINT)
    signal.pause()
"""


@pytest.mark.parametrize("end", ["return", "interrupt"])
def test_a_process_ends_with_its_port_closed_and_says_nothing(end: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        # Python 3.12 and later warn of a fork beside threads, and the server has one.
        [sys.executable, "-W", "error::ResourceWarning", "-W", "ignore::DeprecationWarning", "-c", _PROCESS, end],
        capture_output=True, text=True, check=False, timeout=30, env=environment,
    )  # fmt: skip
    assert done.stderr.strip().splitlines()[-1:] == (["KeyboardInterrupt"] if end == "interrupt" else [])
    assert (done.returncode == 0) is (end == "return")
    with pytest.raises(httpx.ConnectError):
        httpx.post(done.stdout.strip(), trust_env=False)


def test_a_library_that_does_not_fit_is_named(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # With `docs/install.md`, mcp 2 may be there: its modules have other names.
    monkeypatch.delattr("pytest_pare.endpoints.mcp_tools", raising=False)
    monkeypatch.setitem(sys.modules, "pytest_pare.endpoints.mcp_tools", None)
    response = ask(token)
    assert response.status_code == 501
    assert message(response).startswith("the tools over MCP need mcp 1.x, and ")
