"""`pytest-pare judge calibrate`: compares a judge with the labels of people, and writes its calibration file."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from pytest_pare.base.documents import DocumentError, display
from pytest_pare.base.run_files import file_name
from pytest_pare.cli.libraries import named_suites
from pytest_pare.cli.options import json_option, project_of, rootdir_option
from pytest_pare.cli.output import print_json, print_lines, redacted_lines
from pytest_pare.judge import prompt
from pytest_pare.judge.agreement import Agreement
from pytest_pare.judge.calibration import Calibration
from pytest_pare.judge.labels import digest_of, read_labels
from pytest_pare.results.text import interval_text, plural
from pytest_pare.results.usage import dollars
from pytest_pare.settings import SettingsError, Suite, load_suite
from pytest_pare.settings.overrides import Override

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_pare.engines.cassette_spec import CassetteSpec
    from pytest_pare.judge.labels import Label
    from pytest_pare.scenarios.config import LLMEngineConfig
    from pytest_pare.simulation.judge_calibration import Calibrator

_KAPPA = "Cohen's kappa"


@click.command("calibrate")
@click.argument("labels_file", metavar="LABELS", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--suite",
    "suite_file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The suite with the judge.  [default: the only suite of the project]",
)
@click.option("--model", metavar="NAME", help="Another model than the suite's judge.")
@click.option("--repeats", type=click.IntRange(min=1), default=1, show_default=True, help="How often each is judged.")
@click.option("--live", is_flag=True, help="Let the judge be called, which may cost money, as live: true does.")
@click.option(
    "--record",
    type=click.Choice(["none", "once", "new", "all"]),
    help="Record the answers, as cassettes.mode of the suite does.",
)
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The calibration file.  [default: judge.calibration of the suite, or judge-calibration.json beside it]",
)
@rootdir_option
@json_option
def calibrate_judge(
    labels_file: Path,
    suite_file: Path | None,
    model: str | None,
    repeats: int,
    live: bool,
    record: Literal["none", "once", "new", "all"] | None,
    output: Path | None,
    rootdir: Path | None,
    as_json: bool,
) -> None:
    """Compare the judge of a suite with the labels of people, and write its calibration file.

    LABELS has a JSON object a line: {"claim": TEXT, "evidence": TEXT, "label": true or false, "by": NAME}. The judge
    decides on success only with a calibration file of at least 50 labels, made for its model and its prompt.
    """
    changes = {"runner.judge_engine_config.model_name": model, "live": live or None, "cassettes.mode": record}
    overrides = [Override(key, value, _option(key)) for key, value in changes.items() if value is not None]
    try:
        labels = read_labels(labels_file)
        suite = _suite(suite_file, rootdir, overrides)
    except (DocumentError, SettingsError) as error:
        raise click.ClickException(str(error)) from error
    config = suite.settings.runner.engines.get("judge")
    if config is None:
        message = f"{display(suite.path)}: runner.judge_engine_config: there is no judge; set its model"
        raise click.ClickException(message)
    calibrator, agreement = _compare(labels, repeats, config, suite)
    calibration = Calibration(
        model=config.model_name,
        prompt=prompt.version(),
        labels=len(labels),
        people=len({label.by.strip() for label in labels}),
        labels_digest=digest_of(labels),
        repeats=repeats,
        figures=agreement.to_dict(),
    )
    path = output or Path(suite.settings.judge.calibration or suite.path.parent / "judge-calibration.json")
    try:
        calibration.write(path)
    except OSError as error:
        raise click.ClickException(f"{display(path)}: cannot be written: {error.strerror}") from error
    for warning in calibrator.warnings:
        click.echo("\n".join(redacted_lines(f"warning: {warning}")), err=True)
    if as_json:
        figures = {**vars(calibration), "sufficient": calibration.is_sufficient, "file": display(path)}
        print_json("judge calibrate", {**figures, "calls": len(calibrator.calls), "cost": _cost(calibrator)})
    else:
        print_lines(_lines(calibration, agreement, calibrator, path))


def _option(key: str) -> str:
    return {"live": "--live", "cassettes.mode": "--record"}.get(key, "--model")


def _suite(path: Path | None, rootdir: Path | None, overrides: list[Override]) -> Suite:
    """Return the suite with the judge.

    Raises:
        click.ClickException: If none is named, and the project has not exactly one.
        SettingsError: If it is wrong.
    """
    if path is None:
        suites = [suite for suite in named_suites([], project_of(rootdir)).values() if suite.path.is_file()]
        if len(suites) != 1:
            found = ", ".join(display(suite.path) for suite in suites) or "none"
            raise click.ClickException(f"name the suite with the judge by --suite FILE; the project has {found}")
        path = suites[0].path
    return load_suite(path, overrides)


def _compare(labels: list[Label], repeats: int, config: LLMEngineConfig, suite: Suite) -> tuple[Calibrator, Agreement]:
    # They import ARE, which takes a second.
    from pytest_pare.engines.errors import EngineError
    from pytest_pare.simulation.judge_calibration import NAME, Calibrator

    def cassette(repeat: int) -> CassetteSpec | None:
        from pytest_pare.engines.cassette_spec import CassetteSpec

        settings, directory = suite.settings.cassettes, suite.cassettes_dir
        if settings is None or directory is None:
            return None
        # Without the name of the suite, so that it is not pruned as a cassette that no scenario uses.
        path = directory / file_name(NAME, repeat, "", "jsonl")
        return CassetteSpec(path, settings.mode, settings.on_drift, suite.settings.live)

    calibrator = Calibrator(config, cassette)
    answers: list[list[bool | None]] = [[] for _ in labels]
    asked = calibrator.answers(labels, repeats)
    # Elsewhere than on a terminal, click would print the label alone.
    bar = click.progressbar(asked, length=len(labels) * repeats, label="judging", file=sys.stderr)
    try:
        with bar if sys.stderr.isatty() else nullcontext(asked) as shown:
            for position, answer in shown:
                answers[position].append(answer)
    except (EngineError, OSError) as error:
        raise click.ClickException(str(error)) from error
    return calibrator, Agreement.of([label.label for label in labels], answers)


def _lines(calibration: Calibration, agreement: Agreement, calibrator: Calibrator, path: Path) -> Iterator[str]:
    labels, repeats = calibration.labels, calibration.repeats
    of_people = (
        f"{plural(labels, 'label')} by {'1 person' if calibration.people == 1 else f'{calibration.people} people'}"
    )
    often = "" if repeats == 1 else f", each judged {repeats} times"
    yield from redacted_lines(f"judge {calibration.model}, prompt {calibration.prompt}: {of_people}{often}")
    yield f"  {'label':<16}{'judge: holds':>14}{'does not':>12}"
    yield f"  {'holds':<16}{agreement.both:>14}{agreement.only_label:>12}"
    yield f"  {'does not':<16}{agreement.only_judge:>14}{agreement.neither:>12}"
    yield f"  {'Unknown answers':<20}{agreement.unknown}"
    yield f"  {'Agreement':<20}{_percent(agreement.agreement)}"
    interval = agreement.kappa_interval
    note = "" if interval is None else f" ({interval_text(*interval, 3)})"
    kappa = "not defined" if agreement.kappa is None else f"{agreement.kappa:.3f}{note}"
    yield f"  {_KAPPA:<20}{kappa}"
    yield f"  {'Precision':<20}{_percent(agreement.precision)}"
    yield f"  {'Recall':<20}{_percent(agreement.recall)}"
    if repeats > 1:
        yield f"  {'Flips':<20}{agreement.flips} of {plural(labels, 'label')} over {repeats} repeats"
    cost = _cost(calibrator)
    if any(call.live for call in calibrator.calls):
        price = "unknown" if cost is None else dollars(cost)
        yield f"  {'Cost':<20}{price}, {plural(len(calibrator.calls), 'call')}"
    if calibration.is_sufficient:
        yield from redacted_lines(f"wrote {display(path)}: the judge may decide on success")
    else:
        yield from redacted_lines(
            f"wrote {display(path)}: it does not suffice, the judge decides nothing: {calibration.lack}"
        )


def _percent(figure: float | None) -> str:
    return "not defined" if figure is None else f"{100 * figure:.1f} %"


def _cost(calibrator: Calibrator) -> float | None:
    costs: list[Any] = [call.cost for call in calibrator.calls if call.live]
    return None if not costs or None in costs else sum(costs)
