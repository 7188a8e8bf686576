"""The function that `MultiScenarioRunner` submits to an executor of `concurrent.futures`.

Nothing is imported here, because a worker may import this module in several threads at once: the first request imports
the rest, and others wait for it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_pare.simulation.run_message import RunAnswer, RunRequest

_IMPORTING = threading.Lock()


def play_request(request: RunRequest) -> RunAnswer:
    """Play the run that a request asks for, in this process, and return the answer.

    A worker that would play another run than was asked for refuses it: one with other versions, another source of the
    scenario, or without the scenario. Exceptions of the run are in its result.

    Args:
        request: The request of `MultiScenarioRunner`.
    """
    with _IMPORTING:
        from pytest_pare.simulation.worker import answer_to
    return answer_to(request)
