"""JSON that people write, with the line of each value if something is wrong."""

import json

from pytest_pare.base.documents import Document, DocumentError, Problem, parse_yaml


def parse_json(text: str, source: str) -> object:
    """Return the value of a JSON text.

    Raises:
        DocumentError: If it is no JSON, or an object has a key twice.
    """
    try:
        return json.loads(text, object_pairs_hook=_without_duplicates)
    except _DuplicateKeyError as error:
        found = [problem for problem in with_lines(text, source).problems if "duplicate key" in problem.message]
        raise DocumentError(found or [Problem(source, None, str(error), "duplicate key")]) from None
    except json.JSONDecodeError as error:
        message = f"is not JSON: {error.msg} in column {error.colno}"
        raise DocumentError([Problem(source, error.lineno, "", message)]) from error
    except (ValueError, RecursionError) as error:
        raise DocumentError([Problem(source, None, "", f"is not JSON: {error}")]) from error


def with_lines(text: str, source: str) -> Document:
    """Return a JSON text as a document, with the line of each value. It takes about a second for 200 kB."""
    # JSON is YAML except for tabs, which JSON has only between values.
    return parse_yaml(text.replace("\t", " "), source)


class _DuplicateKeyError(Exception):
    """A duplicate key in a JSON object."""


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _DuplicateKeyError(next(key for key in found if keys.count(key) > 1))
    return found
