"""What differs between two sessions that must be of one plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_pare.ledger.plan import ScenarioSource

_ABSENT = "absent"


def differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[str]:
    """Yield a text for each key whose value differs, such as `runs: 3 there, 5 here`."""
    for key in dict.fromkeys((*there, *here)):
        old, new = there.get(key, _ABSENT), here.get(key, _ABSENT)
        if old != new:
            yield f"{key}: {_shown(old)} there, {_shown(new)} here"


def digests(sources: Mapping[str, ScenarioSource]) -> dict[str, str]:
    """Return the digest of each scenario's source, by the name that it has in a text of `differences`."""
    return {f"scenario {name}": source.digest for name, source in sources.items()}


def _shown(value: Any) -> str:
    return value if isinstance(value, str) and value else repr(value)
