"""The command line `pytest-pare`: its table of commands.

It imports only click and the standard library. A command is imported when it is called.
"""

from __future__ import annotations

import click

from pytest_pare.cli.group import Command, LazyGroup

COMMANDS = {
    "accept": Command("pytest_pare.cli.accept_session:accept_session", "Add the runs of a session to its baseline."),
    "audit": Command("pytest_pare.cli.audit_library:audit_library", "Audit the validators of scenarios by mutants."),
    "compare": Command("pytest_pare.cli.compare_runs:compare_runs", "Compare two sessions or baselines of a suite."),
    "diff": Command("pytest_pare.cli.diff_runs:diff_runs", "Compare two runs step by step."),
    "fork": Command("pytest_pare.cli.fork_run:fork_run", "Play a run again up to a step, then with a change."),
    "history": Command("pytest_pare.cli.show_history:show_history", "Show success over sessions, and flip rates."),
    "judge": Command("pytest_pare.cli.judge:judge", "Compare the judge with labels of people."),
    "list": Command("pytest_pare.cli.list_scenarios:list_scenarios", "List scenarios with their apps."),
    "merge": Command("pytest_pare.cli.merge:merge_shards", "Print report and verdict of a session that ran in shards."),
    "new": Command("pytest_pare.cli.new_file:new_file", "Write a working scenario, agent, suite or app."),
    "plot": Command("pytest_pare.cli.plot_sessions:plot_sessions", "Write plots of sessions as SVG files."),
    "report": Command("pytest_pare.cli.show_report:show_report", "Print the report and the verdict of a session."),
    "show": Command("pytest_pare.cli.show_run:show_run", "Show a run step by step."),
    "tools": Command(
        "pytest_pare.cli.list_tools:list_tools", "List the tools of the agent, the user and the world, by app."
    ),
    "view": Command(
        "pytest_pare.cli.view_session:view_session", "Write the report page of a session, and print its path."
    ),
}
"""By name: where each command is, and the first sentence of its help."""


@click.group(cls=LazyGroup, commands_table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pytest-pare", message="%(prog)s %(version)s")
def main() -> None:
    """Look at the sessions of pytest-pare, accept baselines, and list scenarios and tools.

    Exit status: 0 for success, 1 if a verdict is FAIL, 4 if the command line or a file is wrong.
    """
