"""Removes the host's paths, times and order from ARE's file system.

ARE keeps the phone's files in a temporary directory of the host. Its random name, order and times are part of listings,
errors and the app's state; within a world they are removed.
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
"""The fields of a listing that are kept; the others are the host's: times, owner, place on the disk."""


def install(in_world: Callable[[], bool]) -> None:
    """Patch ARE's classes. They work as before if `in_world()` is false."""
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
            _remove_root(error, self.base_root)
            raise
        if method.__name__ == "info":
            return _facts(result)
        if method.__name__ == "ls":
            return sorted(map(_facts, result), key=lambda item: item["name"] if isinstance(item, dict) else item)
        return result

    return call


def _facts(item: Any) -> Any:
    return {key: item[key] for key in _FACTS if key in item} if isinstance(item, dict) else item


def _remove_root(error: OSError, root: str) -> None:
    def without_root(value: Any) -> Any:
        return value.replace(root, "") if isinstance(value, str) else value

    error.args = tuple(map(without_root, error.args))
    for name in ("filename", "filename2"):
        if getattr(error, name) is not None:
            setattr(error, name, without_root(getattr(error, name)))
