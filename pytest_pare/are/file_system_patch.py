"""Removes the host's paths, times and order from ARE's file system.

ARE keeps the phone's files in a temporary directory of the host. Its random name, order and times are part of listings,
errors and the app's state; within a world they are removed. So are the tracebacks of documents that cannot be read.
"""

from __future__ import annotations

from functools import cached_property, wraps
from typing import IO, TYPE_CHECKING, Any

from are.simulation.apps.sandbox_file_system import SandboxLocalFileSystem
from are.simulation.apps.utils.fallback_file_system import FallbackFileSystem
from are.simulation.exceptions import MarkdownConverterError

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

    converter = SandboxLocalFileSystem._md_converter.func

    def md_converter(self: Any) -> Any:
        made = converter(self)
        made.convert_io = _with_reason(made, in_world)
        return made

    SandboxLocalFileSystem._validate_path = validate_path
    SandboxLocalFileSystem.get_state = get_state
    SandboxLocalFileSystem._md_converter = cached_property(md_converter)
    SandboxLocalFileSystem._md_converter.__set_name__(SandboxLocalFileSystem, "_md_converter")


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


def _with_reason(converter: Any, in_world: Callable[[], bool]) -> Callable[..., Any]:
    """Return `convert_io` of ARE's converter of documents with errors that say why a document cannot be read.

    ARE's own have the traceback of the converter that was tried last, most often one that has no such method.
    """
    convert_io = converter.convert_io

    @wraps(convert_io)
    def convert(file: IO[bytes], file_extension: str) -> Any:
        try:
            return convert_io(file, file_extension=file_extension)
        except MarkdownConverterError:
            if not in_world():
                raise
        for one in converter._page_converters:
            try:
                one.convert_io(file, file_extension=file_extension)
            except NotImplementedError:
                continue
            except Exception as error:  # noqa: BLE001 - converters raise what their libraries raise
                raise ValueError(f"{type(error).__name__}: {error}") from None
        raise ValueError(f"The format {file_extension or 'of a file without an extension'} is not supported.")

    return convert


def _facts(item: Any) -> Any:
    return {key: item[key] for key in _FACTS if key in item} if isinstance(item, dict) else item


def _remove_root(error: OSError, root: str) -> None:
    def without_root(value: Any) -> Any:
        return value.replace(root, "") if isinstance(value, str) else value

    error.args = tuple(map(without_root, error.args))
    for name in ("filename", "filename2"):
        if getattr(error, name) is not None:
            setattr(error, name, without_root(getattr(error, name)))
