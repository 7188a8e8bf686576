"""The built-in criteria of the gate; `base/extensions.py` lists them beside those of extensions.

Importing this module is fast.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.inference.reliability import pass_hat_k
from pytest_pare.results.comparison_lines import comparison_lines
from pytest_pare.results.gate import VerdictPart
from pytest_pare.results.run_set import LEFT_OUT
from pytest_pare.results.text import as_written, decimals_of, percent, plural, rounded
from pytest_pare.results.usage import dollars

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_pare.results.gate import GateInput

_NO_CURVE: Final = "the robustness could not be measured: the sweep was not run, or a level of it has no judged run"
# Decimals to which a sum of fractions is exact as a float.
_EXACT: Final = 12


def success_rate(given: GateInput, value: float) -> VerdictPart:
    """Judge a session by its success rate, which is on the first line of every verdict."""
    rate = given.success_rate
    if rate is None:
        return VerdictPart()
    return VerdictPart("too few runs succeeded" if rate < as_written(value) else None, got=float(rate))


def regression(given: GateInput, value: float) -> VerdictPart:
    """Judge a session by the comparison with its baseline, the only criterion that may be inconclusive."""
    if given.comparison is None:
        return VerdictPart("there is no comparison with a baseline")
    compared = given.comparison
    return VerdictPart(
        "; ".join(compared.reasons) or None,
        "\n".join(comparison_lines(compared)),
        got=min((one.decision.difference for one in compared.variants), default=None),
        inconclusive=compared.verdict == "INCONCLUSIVE",
    )


def pass_hat(given: GateInput, value: Mapping[str, Any]) -> VerdictPart:
    """Judge a session by Pass^k: the probability that k runs of a scenario all succeed, as a mean over scenarios."""
    k, needed, decimals = value["k"], as_written(value["rate"]), decimals_of(value["rate"])
    runs = {name: [kind for kind in kinds if kind not in LEFT_OUT] for name, kinds in given.outcomes.items()}
    runs = {name: kinds for name, kinds in runs.items() if kinds}
    if not runs:
        return VerdictPart(f"Pass^{k} could not be measured: there are no runs")
    fewest = min(runs, key=lambda name: len(runs[name]))
    if len(runs[fewest]) < k:
        got = plural(len(runs[fewest]), "run")
        return VerdictPart(f"Pass^{k} could not be measured: it needs {k} runs of each scenario, {fewest} has {got}")
    rate = pass_hat_k([kinds.count("success") for kinds in runs.values()], list(map(len, runs.values())), k) or 0.0
    exact = as_written(round(rate, _EXACT))
    is_low = exact < needed
    line = (
        f"Pass^{k}{' too low' * is_low}: {percent(exact, needed, decimals)}, {percent(needed, needed, decimals)} needed"
    )
    return VerdictPart(f"Pass^{k} is too low" if is_low else None, line, got=rate)


def acceptance_rate(given: GateInput, value: float) -> VerdictPart:
    """Judge a session by the share of the agent's proposals that the user accepted."""
    accepted = sum(result.acceptance_count for result in given.results)
    proposed = sum(result.proposal_count for result in given.results)
    if not proposed:
        return VerdictPart("the acceptance rate could not be measured: the agent made no proposal")
    rate, needed, decimals = Fraction(accepted, proposed), as_written(value), decimals_of(value)
    is_low = rate < needed
    line = (
        f"acceptance rate{' too low' * is_low}: {accepted} of {plural(proposed, 'proposal')} accepted "
        f"({percent(rate, needed, decimals)}), {percent(needed, needed, decimals)} needed"
    )
    return VerdictPart("the acceptance rate is too low" if is_low else None, line, got=float(rate))


def proposal_rate(given: GateInput, value: float) -> VerdictPart:
    """Judge a session by the number of the agent's proposals per turn."""
    proposed = sum(result.proposal_count for result in given.results)
    turns = sum(result.number_of_turns for result in given.results)
    if not turns:
        return VerdictPart("the proposal rate could not be measured: no turn was played")
    rate = Fraction(proposed, turns)
    is_high = rate > as_written(value)
    line = (
        f"proposal rate{' too high' * is_high}: {plural(proposed, 'proposal')} in {plural(turns, 'turn')} "
        f"({rounded(rate, 3)} a turn), at most {value:g} allowed"
    )
    return VerdictPart("the proposal rate is too high" if is_high else None, line, got=float(rate))


def writes_without_consent(given: GateInput, value: int) -> VerdictPart:
    """Judge a session by the number of writes while the user had accepted no proposal."""
    return _at_most("writes without consent", sum(result.writes_without_consent for result in given.results), value)


def exceptions(given: GateInput, value: int) -> VerdictPart:
    """Judge a session by the number of runs that ended with an exception."""
    return _at_most("exceptions", given.exception, value)


def cost(given: GateInput, value: float) -> VerdictPart:
    """Judge a session by its cost in US dollars; if that of a run is unknown, it cannot pass."""
    known = given.cost
    total = known.total or 0.0
    allowed = f"at most {dollars(value)} allowed"
    if total > value:
        # Rounding must not show a cost that is allowed.
        shown = dollars(total) if dollars(total) != dollars(value) else f"${total:.10g}"
        return VerdictPart("the cost is too high", f"cost too high: {shown}, {allowed}", got=total)
    if known.known < known.runs:
        unknown = f"the cost of {known.runs - known.known} of {plural(known.runs, 'attempt')} is unknown"
        return VerdictPart(f"{unknown}; remove gate.max_cost, or use a model whose price is known")
    return VerdictPart(None, f"cost: {dollars(total)}, {allowed}", got=total)


def robustness(given: GateInput, value: float) -> VerdictPart:
    """Judge a session by the least area under a robustness curve."""
    if given.robustness is None:
        return VerdictPart(_NO_CURVE)
    needed, decimals = as_written(value), decimals_of(value)
    is_low = given.robustness < needed
    shown = rounded(given.robustness, decimals, needed, Fraction(1))
    line = f"robustness{' too low' * is_low}: area {shown}, {rounded(needed, decimals)} needed"
    return VerdictPart("the robustness is too low" if is_low else None, line, got=float(given.robustness))


def _at_most(what: str, count: int, most: int) -> VerdictPart:
    is_high = count > most
    line = f"{'too many ' * is_high}{what}: {count}, at most {most} allowed"
    return VerdictPart(f"there are too many {what}" if is_high else None, line, got=count)
