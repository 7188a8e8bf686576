"""YAML that people write, with the line of each value.

A plain YAML value has a type only if every version of YAML reads it alike: `true`, `false`, `null` and decimal numbers.
`No`, `10:30`, `0123`, `1_000`, `1e3` and `2025-01-08` are text. A mapping with a duplicate key is refused.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

# The place of a value in a document: keys, and positions in lists.
Location = tuple[str | int, ...]

_TAG = "tag:yaml.org,2002:"
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(
    r"[-+]?(?:(?:0|[1-9][0-9]*)\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
# What is true or false in YAML 1.1 and text in YAML 1.2.
_FLAG = re.compile(r"(?:yes|no|on|off)", re.IGNORECASE)


@dataclass(frozen=True)
class Problem:
    """An error at one place.

    Attributes:
        source: A file, or the command-line option that set the value.
        line: Line of the file, from 1.
        key: The dotted key; empty if the error concerns no key.
        message: What is wrong with it.
    """

    source: str
    line: int | None
    key: str
    message: str

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        text = ": ".join(part for part in (place, self.key, self.message) if part)
        return "\\n".join(text.splitlines())


class DocumentError(ValueError):
    """A document that cannot be used. The error's text has one line for each problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        # Problems of a file come first, in the order of its lines.
        self.problems = sorted(problems, key=lambda problem: (problem.line is None, problem.line or 0))
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


@dataclass(frozen=True)
class Document:
    """A YAML text.

    Attributes:
        data: Its content; `None` if it is empty or broken.
        root: Its nodes, with their lines.
        problems: Its errors as YAML.
        empty: The line and the location of each value that is left empty. It is None in `data`, as `null` is.
    """

    data: object = field(default=None, repr=False)
    root: yaml.Node | None = field(default=None, repr=False)
    problems: tuple[Problem, ...] = ()
    empty: tuple[tuple[int, Location], ...] = ()

    def locate(self, location: Location) -> tuple[int, int]:
        """Return the place of a location, or of the nearest one around it.

        Returns:
            The number of parts of the location that exist, and the line (from 1) of the last of them.
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
    """A safe loader that raises YAML errors only, and leaves ambiguous values as text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own table

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
        kind = node.tag.removeprefix(_TAG)
        wrong = yaml.constructor.ConstructorError(None, None, f"this is no {kind}", node.start_mark)
        # `!!int 010` is as ambiguous as 010.
        if (exact := {"int": _INT, "float": _FLOAT}.get(kind)) and not exact.fullmatch(str(node.value)):
            raise wrong
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError) as error:
            raise wrong from error


for _kind, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", _INT.pattern, "-+0123456789"),
    ("float", _FLOAT.pattern, "-+.0123456789"),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(_TAG + _kind, re.compile(rf"(?:{_pattern})\Z"), list(_first))


def is_number(text: str) -> bool:
    """Tell whether a plain value is a number in every version of YAML."""
    return bool(_INT.fullmatch(text) or _FLOAT.fullmatch(text))


def dotted(location: Location) -> str:
    """Return a location in the form of messages: `scenarios.paths[0]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).removeprefix(".")


def shown(value: object) -> str:
    """Return a value in the form of messages: short, on one line, text in quotes."""
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = json.dumps(value, ensure_ascii=False, default=str)
    if not text.isprintable():
        # JSON keeps some characters that break a line.
        text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def display(path: Path) -> str:
    """Return a path in the form of messages: relative to the working directory if it is inside."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def read_text(path: Path, source: str) -> str:
    """Return the text of a file.

    Args:
        path: The file.
        source: Its name in messages.

    Raises:
        DocumentError: It cannot be read, or is not UTF-8.
    """
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:  # A null character in the path is the latter.
        reason = error.strerror if isinstance(error, OSError) else error
        raise DocumentError([Problem(source, None, "", f"cannot be read: {reason}")]) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DocumentError([Problem(source, line, "", "is not UTF-8 text")]) from error


def parse_yaml(
    text: str, source: str, at: Location = (), takes_flag: Callable[[Location], bool] = lambda _: False
) -> Document:
    """Return a YAML text as a document, with its errors.

    Args:
        text: The text.
        source: Its name in messages.
        at: The location of the text in a larger document; `problems` and `empty` have locations in that one.
        takes_flag: Returns whether the value at a location is true or false, so that `yes`, `no`, `on`, `off` are, too.
    """
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is None:
            return Document(empty=((1, at),))
        check = _Check(source, takes_flag)
        check.visit(root, at)
        return Document(loader.construct_document(root), root, tuple(check.problems), tuple(check.empty))
    except (yaml.YAMLError, RecursionError) as error:
        line, message = _explain(error, text)
        return Document(problems=(Problem(source, line, dotted(at), f"broken YAML{message}"),))


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


class _Check:
    """Finds what PyYAML accepts silently: duplicate keys, keys that are not text, empty values.

    Args:
        source: Name of the document in messages.
        takes_flag: As in `parse_yaml`.
    """

    def __init__(self, source: str, takes_flag: Callable[[Location], bool]) -> None:
        self.problems: list[Problem] = []
        self.empty: list[tuple[int, Location]] = []
        self._source = source
        self._takes_flag = takes_flag
        self._visited: set[int] = set()

    def visit(self, node: yaml.Node, location: Location) -> None:
        """Check a node and those in it. Flags get their type, and keys that are not text are removed."""
        if isinstance(node, yaml.ScalarNode):
            self._visit_scalar(node, location)
            return
        if id(node) in self._visited:  # By an alias, which may be inside its own anchor.
            return
        self._visited.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self.visit(item, (*location, index))
        elif isinstance(node, yaml.MappingNode):
            self._visit_mapping(node, location)

    def _visit_scalar(self, node: yaml.ScalarNode, location: Location) -> None:
        if node.tag == f"{_TAG}null" and not node.value:
            self.empty.append((_line(node), location))
        elif node.style is None and _FLAG.fullmatch(node.value) and self._takes_flag(location):
            node.tag = f"{_TAG}bool"

    def _visit_mapping(self, node: yaml.MappingNode, location: Location) -> None:
        lines: dict[str, int] = {}
        for pair in list(node.value):
            key, value = pair
            if key.tag == f"{_TAG}merge":
                self.visit(value, location)
            elif key.tag != f"{_TAG}str":
                node.value.remove(pair)
                wrong = f"put quotes around {key.value}" if isinstance(key, yaml.ScalarNode) else f"this is a {key.id}"
                self._refuse(key, location, f"keys must be text; {wrong}")
            else:
                inner = (*location, key.value)
                if key.value in lines:
                    self._refuse(key, inner, f"duplicate key, already set in line {lines[key.value]}")
                lines[key.value] = _line(key)
                self.visit(value, inner)

    def _refuse(self, node: yaml.Node, location: Location, message: str) -> None:
        self.problems.append(Problem(self._source, _line(node), dotted(location), message))


def _explain(error: yaml.YAMLError | RecursionError, text: str) -> tuple[int, str]:
    """Return the line of an error, and its message."""
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
