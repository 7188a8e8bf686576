"""Every command-line flag and ini value of the plugin, in one table.

It imports no other module of the plugin, because every start of pytest imports it.
"""

from __future__ import annotations

from typing import Any


class Option:
    """A command-line flag.

    It is no `NamedTuple`: to create that class takes as long as to import this module.

    Attributes:
        flag: Its name on the command line.
        dest: The name of its value in pytest's options.
        key: The key of the suite file that it sets; empty if it sets none.
        settings: The arguments of `addoption`.
    """

    def __init__(self, flag: str, dest: str, key: str, settings: dict[str, Any]) -> None:
        self.flag = flag
        self.dest = dest
        self.key = key
        self.settings = settings


LAST = "last"
"""The last session of a suite."""

CONFIG = Option(
    "--pare-config",
    "pare_config",
    "",
    {
        "action": "append",
        "default": [],
        "metavar": "FILE",
        "help": "Run the scenarios of this suite file (repeatable).",
    },
)
SET = Option(
    "--pare-set",
    "pare_set",
    "",
    {
        "action": "append",
        "default": [],
        "metavar": "KEY=VALUE",
        "help": "Set a key of the suite file, such as runner.max_scenario_duration=30 (repeatable).",
    },
)
SWEEP = Option(
    "--pare-sweep",
    "pare_sweep",
    "sweep",
    {
        "action": "append",
        "default": [],
        "metavar": "KEY=L1,L2,...",
        "help": "Run the scenarios at each of these levels of one number, such as noise.tool_slow.rate=0,0.2.",
    },
)
SHORTHANDS = (
    Option("--pare-runs", "pare_runs", "runs", {"type": int, "metavar": "N", "help": "Run each scenario N times."}),
    Option(
        "--pare-oracle",
        "pare_oracle",
        "runner.oracle",
        {
            "action": "store_const",
            "const": True,
            "help": "Play the scenarios' own reference steps: no agent is tested, no key is needed.",
        },
    ),
    Option(
        "--pare-limit",
        "pare_limit",
        "scenarios.limit",
        {"type": int, "metavar": "N", "help": "Run only the first N scenarios."},
    ),
    Option(
        "--pare-split",
        "pare_split",
        "scenarios.split",
        {"metavar": "FILE", "help": "Run only the scenarios whose ids this file lists, one per line."},
    ),
    Option(
        "--pare-tag",
        "pare_tag",
        "scenarios.tags",
        {
            "action": "append",
            "metavar": "TAG",
            "help": "Run only the scenarios with this tag, such as app:email or skill:* (repeatable: with all of "
            "them).",
        },
    ),
    Option(
        "--pare-strict",
        "pare_strict",
        "scenarios.strict",
        {
            "action": "store_const",
            "const": True,
            "help": "Treat the findings of the linter for scenarios as defects.",
        },
    ),
    Option(
        "--pare-live",
        "pare_live",
        "live",
        {"action": "store_const", "const": True, "help": "Let engines call models, which may cost money."},
    ),
    Option(
        "--pare-record",
        "pare_record",
        "cassettes.mode",
        {
            "choices": ("none", "once", "new", "all"),
            "metavar": "MODE",
            "help": "Record the answers of live engines: once, new or all; none replays.",
        },
    ),
    Option(
        "--pare-concurrency",
        "pare_concurrency",
        "runner.max_concurrent_scenarios",
        {"type": int, "metavar": "N", "help": "Play N runs at the same time in each process, in threads."},
    ),
    Option(
        "--pare-min-success-rate",
        "pare_min_success_rate",
        "gate.min_success_rate",
        {
            "type": float,
            "metavar": "RATE",
            "help": "Fail the session if less than this share of runs succeeds (0 to 1).",
        },
    ),
    Option(
        "--pare-baseline",
        "pare_baseline",
        "gate.baseline",
        {
            "metavar": "BASELINE",
            "help": "Compare with a baseline: a FILE, git:REF for the file in a commit, or session:ID for a ledger.",
        },
    ),
    Option(
        "--pare-html",
        "pare_html",
        "reports.html",
        {"metavar": "PATH", "help": "Write the report page to this file, or to index.html in this directory."},
    ),
    Option(
        "--pare-known-agents",
        "pare_known_agents",
        "reports.known_agents",
        {
            "action": "store_const",
            "const": True,
            "help": "Add a table of the control agents' results on the scenarios to the reports.",
        },
    ),
)
SHARD = Option(
    "--pare-shard",
    "pare_shard",
    "",
    {
        "metavar": "NUMBER/OF",
        "help": "Run one part of the suite's scenarios, such as 2/5; pytest-pare merge joins the ledgers of all parts.",
    },
)
PRUNE = Option(
    "--pare-prune-cassettes",
    "pare_prune_cassettes",
    "",
    {
        "action": "store_const",
        "const": True,
        "help": "Remove the cassettes that no scenario of the suite uses; the session must run the whole suite.",
    },
)
BUDGET = Option(
    "--pare-budget",
    "pare_budget",
    "",
    {
        "action": "append",
        "default": [],
        "metavar": "LIMIT",
        "help": "Start no run beyond 5usd, 200ktok or 10min of this session (repeatable).",
    },
)
BURN_IN = Option(
    "--pare-burn-in",
    "pare_burn_in",
    "",
    {
        "type": int,
        "metavar": "N",
        "help": "Run each scenario N times, and measure how often the comparison fails although nothing has changed.",
    },
)
RESUME = Option(
    "--pare-resume",
    "pare_resume",
    "",
    {
        # `with_value` puts the constant behind a `=`, so that a word that follows stays a path.
        "nargs": "?",
        "const": LAST,
        "metavar": "SESSION",
        "help": "Play only the runs that have no result in this session, or in the last one of the suite.",
    },
)
OTEL = Option(
    "--pare-otel",
    "pare_otel",
    "",
    {
        "action": "store_const",
        "const": True,
        "help": "Export runs, turns, tool calls and model calls as OpenTelemetry spans (needs the extra otel).",
    },
)
AUDIT = Option(
    "--pare-audit",
    "pare_audit",
    "",
    {
        "action": "store_const",
        "const": True,
        "help": "Audit the validators: play wrong and right changes of each scenario's reference run, without agents.",
    },
)
SHOW = Option(
    "--pare-show",
    "pare_show",
    "",
    {
        "action": "store_const",
        "const": True,
        "help": "Print each run that did not pass step by step, as `pytest-pare show` does.",
    },
)
PROGRESS = Option(
    "--pare-progress",
    "pare_progress",
    "",
    {
        "choices": ("auto", "on", "off"),
        "default": "auto",
        "metavar": "WHEN",
        "help": "Print how far the session is: auto (in sessions of more than some seconds), on or off.",
    },
)
CHANGES = (*SHORTHANDS, SWEEP, SHARD, PRUNE, BUDGET, BURN_IN, RESUME, AUDIT, SET)
OPTIONS = (CONFIG, OTEL, SHOW, PROGRESS, *CHANGES)

INI_HELP = "Suite files that are run when no path is given on the command line (as testpaths)."
INI_OTEL_HELP = "Export runs, turns, tool calls and model calls as OpenTelemetry spans (as --pare-otel)."
INI_ALIAS_HELP = "Let scenario modules written for PARE import `pare`: they import its counterparts in pytest-pare."


def with_value(args: list[str]) -> bool:
    """Give `--pare-resume` on a command line its value if it has none, and return whether one was given.

    argparse would take the next word as the value, such as the path in `--pare-resume pare.yaml`.

    Args:
        args: The command line, which is changed.
    """
    end = args.index("--") if "--" in args else len(args)
    bare = [place for place, word in enumerate(args[:end]) if word == RESUME.flag]
    for place in bare:
        args[place] = f"{RESUME.flag}={LAST}"
    return bool(bare)
