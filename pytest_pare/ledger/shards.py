"""Shards: disjoint parts of a suite's scenarios, for several machines."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TEXT = re.compile(r"(\d{1,6})/(\d{1,6})")


class Shard(NamedTuple):
    """A part of a suite.

    Attributes:
        number: Its number, from 1.
        of: The number of all shards.
    """

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Return the shard that a text such as `2/5` names.

        Raises:
            ValueError: If it names none.
        """
        found = _TEXT.fullmatch(text)
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            raise ValueError(f"must be NUMBER/OF, such as 2/5, with numbers from 1 to OF; got {text!r}")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def assign(scenario_ids: Iterable[str], of: int, seconds: Mapping[str, float]) -> dict[str, int]:
    """Return the number of the shard of each scenario, the same on every machine.

    Without durations it is a hash of the id, so a new scenario moves no other one. With durations, the longest scenario
    comes first and goes to the shard with the least to do: the longest-processing-time rule, whose slowest shard takes
    at most 4/3 of the best possible time (Graham 1969, SIAM J. Appl. Math. 17:416).

    Args:
        scenario_ids: All scenarios of the suite.
        of: The number of shards.
        seconds: The duration of a scenario's runs, if it is known; the others take the mean of those.
    """
    ids = sorted(set(scenario_ids))
    known = [seconds[one] for one in ids if one in seconds]
    if not known:
        return {one: _hash(one) % of + 1 for one in ids}
    mean = sum(known) / len(known)
    load = [0.0] * of
    shards = {}
    for one in sorted(ids, key=lambda one: (-seconds.get(one, mean), one)):
        number = min(range(of), key=load.__getitem__)
        load[number] += seconds.get(one, mean)
        shards[one] = number + 1
    return shards


def _hash(scenario_id: str) -> int:
    return int.from_bytes(hashlib.sha256(scenario_id.encode("utf-8", "backslashreplace")).digest()[:8], "big")
