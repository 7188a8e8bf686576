"""Maximum matching in a bipartite graph, by augmenting paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def maximum_matching(edges: Sequence[Sequence[int]], right: int) -> list[int | None]:
    """Return a maximum matching.

    Args:
        edges: For each node on the left, the nodes on the right that it can be matched with.
        right: The number of nodes on the right.

    Returns:
        For each node on the right, the node on the left that it is matched with, or `None`. Earlier nodes on the left
        stay matched where others must be left out.
    """
    matched: list[int | None] = [None] * right

    def is_augmented(node: int, seen: set[int]) -> bool:
        for other in edges[node]:
            if other not in seen:
                seen.add(other)
                taken = matched[other]
                if taken is None or is_augmented(taken, seen):
                    matched[other] = node
                    return True
        return False

    for node in range(len(edges)):
        is_augmented(node, set())
    return matched
