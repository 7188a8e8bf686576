"""The phone's files, told of as if they were nowhere in particular.

ARE keeps them in a temporary directory of the host, whose random name, order and times show in listings, errors and in
the app's state. Within a world they do not.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from are.simulation.apps.sandbox_file_system import SandboxLocalFileSystem
from are.simulation.apps.utils.fallback_file_system import FallbackFileSystem

if TYPE_CHECKING:
    from collections.abc import Callable

_CALLS = ("cat", "info", "ls", "makedirs", "mkdir", "mv", "open", "rm", "rmdir")
_FACTS = ("name", "size", "type", "islink")
"""What a listing tells of a file; the rest is the host's: times, owner, place on the disk."""


def install(in_world: Callable[[], bool]) -> None:
    """Change ARE's classes; where `in_world()` is false they do as before."""
    for name in _CALLS:
        setattr(FallbackFileSystem, name, _without_host(getattr(FallbackFileSystem, name), in_world))
    original_path, original_state = SandboxLocalFileSystem._validate_path, SandboxLocalFileSystem.get_state

    def validate_path(self: Any, path: str) -> str:
        try:
            full_path: str = original_path(self, path)
        except PermissionError:
            if not in_world():
                raise
            raise PermissionError(f"Operation not allowed outside sandbox: {path}") from None
        return full_path

    def get_state(self: Any) -> dict[str, Any]:
        state: dict[str, Any] = original_state(self)
        return {**state, "tmpdir": ""} if in_world() else state

    SandboxLocalFileSystem._validate_path = validate_path
    SandboxLocalFileSystem.get_state = get_state


def _without_host(method: Callable[..., Any], in_world: Callable[[], bool]) -> Callable[..., Any]:
    @wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not in_world():
            return method(self, *args, **kwargs)
        try:
            result = method(self, *args, **kwargs)
        except OSError as error:
            _forget_place(error, self.base_root)
            raise
        if method.__name__ == "info":
            return _facts(result)
        if method.__name__ == "ls":
            return sorted(map(_facts, result), key=lambda item: item["name"] if isinstance(item, dict) else item)
        return result

    return call


def _facts(item: Any) -> Any:
    return {key: item[key] for key in _FACTS if key in item} if isinstance(item, dict) else item


def _forget_place(error: OSError, root: str) -> None:
    def told(value: Any) -> Any:
        return value.replace(root, "") if isinstance(value, str) else value

    error.args = tuple(map(told, error.args))
    for name in ("filename", "filename2"):
        if getattr(error, name) is not None:
            setattr(error, name, told(getattr(error, name)))
