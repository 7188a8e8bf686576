"""Texts that people write, and where in them things stand."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from pytest_pare.settings.errors import Location, Problem, SettingsError, dotted


@dataclass(frozen=True)
class Document:
    """A YAML text.

    Attributes:
        data: What it says; None if it is empty or broken.
        root: Its nodes, which know their lines.
        problems: What is wrong with it as YAML.
    """

    data: object = None
    root: yaml.Node | None = None
    problems: tuple[Problem, ...] = ()

    def locate(self, location: Location) -> tuple[int, int]:
        """Find what stands at a location, or the nearest thing around it.

        Returns:
            How many parts of the location were found, and the line (from 1) of the last one.
        """
        node, depth, line = self.root, 0, _line(self.root) if self.root else 1
        for part in location:
            children: dict[str | int, tuple[yaml.Node, yaml.Node]] = {}
            if isinstance(node, yaml.MappingNode):
                children = {key.value: (key, value) for key, value in node.value}
            elif isinstance(node, yaml.SequenceNode):
                children = {index: (value, value) for index, value in enumerate(node.value)}
            if part not in children:
                break
            start, node = children[part]
            depth, line = depth + 1, _line(start)
        return depth, line


class _Loader(yaml.SafeLoader):
    """A safe loader that raises nothing but YAML errors."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError) as error:
            # 2024-99-99 looks like a date and is none; `!!int x` lies about itself.
            kind = node.tag.rpartition(":")[2]
            raise yaml.constructor.ConstructorError(None, None, f"this is no {kind}", node.start_mark) from error


def display(path: Path) -> str:
    """Return a path as it is written in messages: relative to the working directory if it is inside."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        SettingsError: It cannot be read, or is not UTF-8.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError([Problem(display(path), None, "", f"cannot be read: {error.strerror}")]) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingsError([Problem(display(path), line, "", "is not UTF-8 text")]) from error


def parse_yaml(text: str, source: str) -> Document:
    """Read a YAML text, and keep what is wrong with it.

    Args:
        text: The text.
        source: What messages call it.
    """
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is None:
            return Document()
        problems = tuple(
            Problem(source, line, dotted(location), message)
            for line, location, message in _check_mappings(root, (), set())
        )
        return Document(loader.construct_document(root), root, problems)
    except (yaml.YAMLError, RecursionError) as error:
        line, message = _explain(error, text)
        return Document(problems=(Problem(source, line, "", f"broken YAML{message}"),))


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _check_mappings(node: yaml.Node, location: Location, seen: set[int]) -> Iterator[tuple[int, Location, str]]:
    """Yield duplicate keys, of which PyYAML keeps the last; and keys that are not text, after removing them."""
    if id(node) in seen:  # By an alias, which may even be inside what it stands for.
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _check_mappings(item, (*location, index), seen)
    if not isinstance(node, yaml.MappingNode):
        return
    lines: dict[str, int] = {}
    for pair in list(node.value):
        key, value = pair
        if key.tag == "tag:yaml.org,2002:merge":
            yield from _check_mappings(value, location, seen)
        elif key.tag != "tag:yaml.org,2002:str":
            node.value.remove(pair)
            wrong = f"put quotes around {key.value}" if isinstance(key, yaml.ScalarNode) else f"this is a {key.id}"
            yield _line(key), location, f"keys must be text; {wrong}"
        else:
            inner = (*location, key.value)
            if key.value in lines:
                yield _line(key), inner, f"duplicate key, already set in line {lines[key.value]}"
            lines[key.value] = _line(key)
            yield from _check_mappings(value, inner, seen)


def _explain(error: yaml.YAMLError | RecursionError, text: str) -> tuple[int, str]:
    """Return the line of an error, and what is wrong there."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        start, mark = error.context_mark, error.problem_mark
        context = error.context or ""
        if start and start.line != mark.line:
            context += f" (line {start.line + 1})"
        reason = ", ".join(part for part in (context, error.problem) if part)
        hint = "; indent with spaces, not tabs" if "'\\t'" in reason else ""
        return mark.line + 1, f" in column {mark.column + 1}: {reason}{hint}"
    if isinstance(error, yaml.reader.ReaderError):
        return text.count("\n", 0, error.position) + 1, f": {error.reason}"
    return 1, ": nested too deeply"
