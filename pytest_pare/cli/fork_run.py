"""`pytest-pare fork`: what would have happened if one thing had been different from a step of a run on."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_pare.base.redaction import redacted
from pytest_pare.base.serialization import to_short_text
from pytest_pare.cli.libraries import prepare_imports
from pytest_pare.cli.options import json_option, project_of, rootdir_option
from pytest_pare.cli.output import print_json, print_lines, redacted_lines
from pytest_pare.cli.sessions import sessions_of, suite_option
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.ledger.kept_runs import find_run
from pytest_pare.what_if.errors import ForkError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_pare.results.validation_result import PAREScenarioValidationResult
    from pytest_pare.what_if.fork import Fork


@click.command("fork")
@click.argument("run")
@click.option("--at", type=int, required=True, metavar="STEP", help="The number of the step, as `show` prints it.")
@click.option(
    "--answer",
    metavar="FILE",
    help="The model's answer at the step: a file, - for standard input; accept or reject for an answer of the user.",
)
@click.option("--tool-result", metavar="JSON", help="What the caller of the tool gets at the step.")
@click.option("--model", metavar="NAME", help="The model of the step's role from there on.")
@click.option("--provider", metavar="NAME", help="The provider of --model.  [default: that of the run]")
@click.option("--endpoint", metavar="URL", help="The endpoint of --model.  [default: that of the run]")
@click.option("--agent", metavar="MODULE:NAME", help="The agent from the turn of the step on.")
@click.option(
    "--times",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="Fork N times, and print the success rate.  [default: 1]",
)
@click.option("--live", is_flag=True, help="Allow calls of models, which may cost money.")
@suite_option
@rootdir_option
@json_option
def fork_run(
    run: str,
    at: int,
    answer: str | None,
    tool_result: str | None,
    model: str | None,
    provider: str | None,
    endpoint: str | None,
    agent: str | None,
    times: int,
    live: bool,
    suite_file: Path | None,
    rootdir: Path | None,
    as_json: bool,
) -> None:
    """Play a run again up to a step, then with a change.

    RUN is [SESSION:]SCENARIO[VARIANT-runN], as the report names it; without SESSION, it is in the last one. Before the
    step no model is called: its answers come from the run's trace. The fork is in no report, rate or baseline.
    """
    from pytest_pare.simulation.past import NOTHING
    from pytest_pare.what_if.changes import Wish, parse_result
    from pytest_pare.what_if.fork import fork
    from pytest_pare.what_if.kept import keep, origin_of

    try:
        wish = Wish(
            None if answer is None else _answer_of(answer),
            NOTHING if tool_result is None else parse_result(tool_result),
            model,
            provider,
            endpoint,
            agent,
        )
        project = project_of(rootdir)
        prepare_imports(project)
        kept = find_run(sessions_of(rootdir, suite_file).read, run)
        done = fork(origin_of(kept, project.rootdir, is_live=live), at, wish, times)
        names = keep(done, kept, project.rootdir)
    except (ForkError, LedgerError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename}: the fork cannot be kept: {error.strerror}") from error
    if as_json:
        print_json("fork", _plain(done, names))
    else:
        print_lines(list(_lines(done, names)))


def _answer_of(answer: str) -> str:
    if answer in ("accept", "reject"):
        return answer
    try:
        text = sys.stdin.read() if answer == "-" else Path(answer).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise click.UsageError(f"--answer: {answer}: cannot be read: {reason}") from error
    return text.removesuffix("\n")


def _lines(done: Fork, names: list[str]) -> Iterator[str]:
    yield from redacted_lines(f"fork of {done.of} at step {done.step}: {_described(done.change)}")
    verdicts = Counter(_verdict(one.result) for one in done.runs)
    for verdict, count in verdicts.most_common():
        yield from redacted_lines(f"{count} of {len(done.runs)}: {verdict}" if len(done.runs) > 1 else verdict)
    if len(done.runs) > 1:
        yield _rate_line(done)
        if done.all_equal:
            yield from redacted_lines("all forks are the same: nothing is drawn at random after the step")
    else:
        yield from redacted_lines(_difference(done))
    more = f", and {len(names) - 1} more beside it" if len(names) > 1 else ""
    yield from redacted_lines(f"kept as {names[0]}{more}")


def _difference(done: Fork) -> str:
    diff = done.diff
    step = diff.first[0] if diff.first[0] is not None else diff.first[1]
    return diff.sentence if step is None else f"the first difference is step {step}: {diff.sentence}"


def _rate_line(done: Fork) -> str:
    """Return the success rate of several forks as a line."""
    share = 100 * done.successes / len(done.runs)
    low, high = 100 * done.interval.low, 100 * done.interval.high
    return f"{done.successes} of {len(done.runs)} succeeded, {share:.0f} % (95 % CI {low:.0f} to {high:.0f})"


def _described(change: dict[str, Any]) -> str:
    if not change:
        return "no change"
    parts = [
        f"{name.replace('_', ' ')} {' '.join(redacted(_text_of(value)).split())}" for name, value in change.items()
    ]
    return ", ".join(part if len(part) <= 200 else f"{part[:197]}..." for part in parts)


def _text_of(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # Redacted before the cut: half of a secret would not be recognized later.
    return " ".join(redacted(text).split())


def _verdict(result: PAREScenarioValidationResult) -> str:
    error = result.exception
    reason = result.rationale if error is None else f"{type(error).__name__}: {to_short_text(error)}"
    return f"{result.status}{f': {reason}' if reason else ''}"


def _plain(done: Fork, names: list[str]) -> dict[str, Any]:
    return {
        "run": done.of,
        "step": done.step,
        "change": done.change,
        "forks": [
            {"name": name, "status": one.result.status, "verdict": _verdict(one.result)}
            for name, one in zip(names, done.runs, strict=True)
        ],
        "diff": {"cause": done.diff.cause, "sentence": done.diff.sentence, "first": list(done.diff.first)},
        "successes": done.successes,
        "interval": [done.interval.low, done.interval.high],
        "all_equal": done.all_equal,
    }
