"""The section `gate` of a suite file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_pare.settings import Override, SettingsError, load_suite

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_pare.settings import Gate


def gate(tmp_path: Path, text: str, *overrides: Override) -> Gate:
    path = tmp_path / "suites" / "pare.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return load_suite(path, list(overrides)).settings.gate


def test_without_keys_no_criterion_decides(tmp_path: Path) -> None:
    assert gate(tmp_path, "").values == {}
    assert gate(tmp_path, "gate: {max_regression: 0.2, inconclusive: fail, reruns: last}").values == {}


def test_the_criteria_that_decide(tmp_path: Path) -> None:
    text = """
    runs: 3
    gate:
      min_success_rate: 0.9
      min_pass_hat_k: {k: 3, rate: 0.8}
      min_acceptance_rate: 0.5
      max_proposal_rate: 0.2
      max_writes_without_consent: 0
      max_exceptions: 0
      max_cost: 5
    """
    assert gate(tmp_path, text).values == {
        "min_success_rate": 0.9,
        "min_pass_hat_k": {"k": 3, "rate": 0.8},
        "min_acceptance_rate": 0.5,
        "max_proposal_rate": 0.2,
        "max_writes_without_consent": 0,
        "max_exceptions": 0,
        "max_cost": 5,
    }


def test_a_regression_is_judged_with_a_baseline(tmp_path: Path) -> None:
    assert gate(tmp_path, "gate: {baseline: b.json}").values == {"max_regression": 0.1}
    assert gate(tmp_path, "gate: {baseline: b.json, max_regression: 0.2}").values == {"max_regression": 0.2}


def test_a_baseline_is_a_path_or_a_reference(tmp_path: Path) -> None:
    assert gate(tmp_path, "gate: {baseline: ../b.json}").baseline == str(tmp_path / "b.json")
    flag = Override("gate.baseline", "b.json", "--pare-baseline", tmp_path)
    assert gate(tmp_path, "", flag).baseline == str(tmp_path / "b.json")
    for reference in ("git:main", "session:last~2"):
        assert gate(tmp_path, f"gate: {{baseline: '{reference}'}}").baseline == reference
        flag = Override("gate.baseline", reference, "--pare-baseline", tmp_path)
        assert gate(tmp_path, "", flag).baseline == reference


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_regression: 10", "max_regression: must be a fraction from 0 to 1, got 10; write 0.1 for 10 %"),
        ("max_regression: 0", "max_regression: must be more than 0, got 0"),
        ("max_regression: null", "max_regression: must be a number, got nothing"),
        ("min_acceptance_rate: 80", "min_acceptance_rate: must be a fraction from 0 to 1, got 80; write 0.8 for 80 %"),
        ("max_proposal_rate: -1", "max_proposal_rate: must be at least 0, got -1"),
        ("max_cost: 5usd", 'max_cost: must be a number, got "5usd"'),
        ("max_cost: -1", "max_cost: must be at least 0, got -1"),
        ("max_exceptions: 0.5", "max_exceptions: must be a whole number, got 0.5"),
        ("max_writes_without_consent: -1", "max_writes_without_consent: must be at least 0, got -1"),
        ("inconclusive: maybe", "inconclusive: must be 'pass' or 'fail', got \"maybe\""),
        ("min_pass_hat_k: 0.8", "min_pass_hat_k: must be a mapping, got 0.8"),
        ("min_pass_hat_k: {k: 3}", "min_pass_hat_k.rate: is required"),
        ("min_pass_hat_k: {k: 0, rate: 0.8}", "min_pass_hat_k.k: must be at least 1, got 0"),
        ("min_pass_hat_k: {k: 3, rate: 80}",
         "min_pass_hat_k.rate: must be a fraction from 0 to 1, got 80; write 0.8 for 80 %"),
        ("min_pass_hat_k: {k: 3, rate: 0.8}",
         "min_pass_hat_k.k: needs 3 runs of each scenario, and runs is 2; raise runs, or lower this key"),
        ("baseline: ''", 'baseline: must be a path, got ""'),
        ("baseline: 'git:'", "baseline: must name a commit, such as git:main"),
        ("baseline: 'session:'", "baseline: must name a session, such as session:last"),
    ],
)  # fmt: skip
def test_wrong_values(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        gate(tmp_path, f"runs: 2\ngate: {{{text}}}")
    assert str(caught.value).partition("pare.yaml:2: gate.")[2] == message
