"""The gate: turns the outcomes of a session into its verdict.

Importing this module is fast.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Final, Literal

from pytest_pare.base.extensions import named
from pytest_pare.base.serialization import error_text
from pytest_pare.results.gate_input import KINDS, Criterion, GateInput, VerdictPart
from pytest_pare.results.text import plural
from pytest_pare.results.verdict import Verdict

if TYPE_CHECKING:
    from pytest_pare.inference.decision import Word

__all__ = ["KINDS", "Criterion", "GateInput", "Verdict", "VerdictPart", "evaluate_gate"]

# Criteria that say how many runs must succeed. Without any of them, every run must.
_OF_SUCCESS: Final = ("min_success_rate", "robustness", "min_pass_hat_k", "max_regression")
# Criteria whose values are from 0 to 1.
_RATES: Final = ("min_success_rate", "robustness")


def evaluate_gate(given: GateInput) -> Verdict:
    """Return the verdict on a session.

    A session passes if at least one of its runs was judged, each run has a result, no criterion is missed, and it was
    not interrupted. Every run must succeed if no criterion says how many must. A partial session can pass; its verdict
    says that it is partial.
    """
    criteria = dict(given.criteria) if given.shard is None else {}
    if given.shard is None and not any(name in criteria for name in _OF_SUCCESS):
        criteria = {"min_success_rate": 1, **criteria}
    parts = {name: _judge(name, given, value) for name, value in criteria.items()}
    missed = [part for part in parts.values() if part.reason is not None and not part.inconclusive]
    if given.shard is None and not given.success + given.failed:
        # Without a judged run, the success rate has no meaning.
        missed = [VerdictPart("no run was judged"), *(part for part in missed if part is not parts.get(_RATES[0]))]
    if given.no_result:
        verb = "has" if given.no_result == 1 else "have"
        missed.append(VerdictPart(f"{plural(given.no_result, 'run')} {verb} no result"))
    if given.interrupted:
        missed.append(VerdictPart("the session was interrupted"))
    undecided = [part for part in parts.values() if part.reason is not None and part.inconclusive]
    of_whole: Word | Literal["SHARD"] = "SHARD" if given.shard is not None else "PASS"
    word = "FAIL" if missed else "INCONCLUSIVE" if undecided else of_whole
    reasons = tuple(part.reason for part in (*missed, *undecided) if part.reason is not None)
    return Verdict(given, word, reasons, criteria, parts)


def _judge(name: str, given: GateInput, value: Any) -> VerdictPart:
    # A broken extension must not leave the session without a verdict.
    try:
        part = named("criterion")[name].load()(given, value)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - code of others may raise anything, also `pytest.fail`
        reason = error_text(error)
        return VerdictPart(f"the criterion {name} raised {reason}")
    if not isinstance(part, VerdictPart):
        return VerdictPart(f"the criterion {name} must return a VerdictPart, got {type(part).__name__}")
    for field_name, text in (("reason", part.reason), ("line", part.line)):
        if text is not None and not (isinstance(text, str) and text.strip()):
            got = "an empty text" if isinstance(text, str) else type(text).__name__
            return VerdictPart(
                f"the criterion {name} must return a VerdictPart whose {field_name} is a text or None, got {got}"
            )
    if part.got is not None and not (isinstance(part.got, int | float) and isfinite(part.got)):
        return VerdictPart(f"the criterion {name} must return a VerdictPart whose got is a finite number or None")
    return part
