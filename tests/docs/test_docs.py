"""The manual is true: every code block is run or read, every table is as the code says, every link leads somewhere.

A block is checked by its language, and by `file=NAME` after it, which puts it into the project of its document:

- `python`: run. With `file=`, it is written instead; a scenario is played at the end of the document, and must succeed.
- `console`: each line after `$ ` is a command, and the lines below it are what it prints. `...` stands for anything.
  A command must end with 0, unless `$ echo $?` follows.
- `yaml`: a suite file that the settings loader takes, or does not if `refused` stands there; a GitHub workflow has its
  commands checked.
- `toml`, `ini`, `json`: parsed. `text file=`: written, or, as `text layout`, compared with the files of the project.
- `mermaid`: the diagram of one of the apps.

What stands between `<!-- generated: NAME -->` and `<!-- end -->` is written by `python -m tests.docs.generate`.

Any other block, and any other command, fails: nothing would check it.
"""

from __future__ import annotations

import configparser
import inspect
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from are.simulation.tool_utils import ToolAttributeName
from packaging.requirements import Requirement
from pydantic import BaseModel

from pytest_pare import plugin
from pytest_pare.agents import protocols
from pytest_pare.apps import StatefulApp
from pytest_pare.engines.facts import FINISH_REASONS
from pytest_pare.plugin import options
from pytest_pare.plugin.requirements import TESTED
from pytest_pare.scenarios.config import LLMEngineConfig, NoiseConfig
from pytest_pare.scenarios.noise_config import Fault
from pytest_pare.settings import SettingsError, SuiteSettings, load_suite
from pytest_pare.simulation.runner import Run
from pytest_pare.simulation.trace import Trace, TraceEvent
from tests.docs.generate import PAGES, app_classes, generated, names_of_sections, screens_of, tools_of
from tests.docs.prepared import PreparedPython

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FENCE = re.compile(r"^```(?P<info>.*)\n(?P<code>(?:(?!```).*\n)*?)```$", re.MULTILINE)


def title(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# -- code blocks


@dataclass(frozen=True)
class Block:
    """A fenced code block.

    Attributes:
        where: Document and line.
        language: First word of the info string.
        file: What `file=` says, if anything.
        flags: The other words of the info string.
        code: The text between the fences.
    """

    where: str
    language: str
    file: str | None
    flags: tuple[str, ...]
    code: str


def blocks(document: Path) -> list[Block]:
    text = document.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        language, *words = match["info"].split() or [""]
        file = next((word.removeprefix("file=") for word in words if word.startswith("file=")), None)
        flags = tuple(word for word in words if not word.startswith("file="))
        where = f"{title(document)}:{text.count(chr(10), 0, match.start()) + 1}"
        found.append(Block(where, language, file, flags, match["code"]))
    assert 2 * len(found) == len(re.findall(r"```", text)), f"{title(document)}: a fence is not closed, or is indented"
    return found


@dataclass
class Reader:
    """Someone who follows a document in a new directory, block by block.

    Attributes:
        project: The directory.
        python: Runs sessions of pytest.
        scenarios: Files in which the document has put scenarios.
        modules: Names of the modules that are there to be imported, and where they stand.
    """

    project: Path
    python: PreparedPython
    scenarios: set[Path] = field(default_factory=set)
    modules: dict[str, str] = field(default_factory=dict)

    def check(self, block: Block) -> None:
        """Run or read a block; fails if it does not hold."""
        check: Callable[[Block], None] | None = getattr(self, f"check_{block.language}", None)
        assert check is not None, f"{block.where}: nothing checks a block of {block.language!r}"
        if block.file is not None:
            path = self.project / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.code, encoding="utf-8")
        check(block)

    def check_python(self, block: Block) -> None:
        compile(block.code, block.where, "exec")
        if block.file is None:
            status, output = self.run([sys.executable, "-c", block.code])
            assert status == 0, f"{block.where}:\n{output}"
        elif "@register_scenario" in block.code:
            self.scenarios.add(self.project / block.file)
        elif not re.fullmatch(r"conftest|test_\w+", Path(block.file).stem):
            # What pytest runs in a later block needs nobody who imports it.
            self.modules[Path(block.file).stem] = block.where

    def check_console(self, block: Block) -> None:
        parts = re.split(r"^\$ (.*)\n", block.code, flags=re.MULTILINE)
        assert not parts[0].strip(), f"{block.where}: begins with no command"
        steps = [*zip(parts[1::2], parts[2::2], strict=True), ("", "")]
        status = 0
        for (command, expected), (following, _) in pairwise(steps):
            if command == "echo $?":
                assert expected.strip() == str(status), f"{block.where}: the status was {status}"
                continue
            status, output = self.perform(command, block.where)
            assert status == 0 or following == "echo $?", f"{block.where}: {command}: {status}\n{output}"
            assert not expected.strip() or matches(output, expected), f"{block.where}: {command} printed\n{output}"

    def check_yaml(self, block: Block) -> None:
        if block.file is not None and block.file.startswith(".github/"):
            workflow = yaml.safe_load(block.code)
            steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
            assert all(step.keys() & {"uses", "run"} for step in steps), block.where
            for command in (line for step in steps for line in step.get("run", "").splitlines()):
                status, output = self.perform(command, block.where)
                assert status == 0, f"{block.where}: {command}\n{output}"
            return
        path = self.project / (block.file or "fragment.pare.yaml")
        path.write_text(block.code, encoding="utf-8")
        if "refused" in block.flags:
            with pytest.raises(SettingsError):
                load_suite(path)
        else:
            load_suite(path)

    def check_mermaid(self, block: Block) -> None:
        stateful = [cls for cls in app_classes().values() if issubclass(cls, StatefulApp)]
        assert block.code in [cls.get_state_diagram() for cls in stateful], block.where

    def check_toml(self, block: Block) -> None:
        tomllib.loads(block.code)

    def check_ini(self, block: Block) -> None:
        configparser.ConfigParser().read_string(block.code)

    def check_json(self, block: Block) -> None:
        json.loads(block.code)

    def check_text(self, block: Block) -> None:
        if "layout" in block.flags:
            named = set(layout(block.code))
            assert [path for path in named if not (ROOT / path).exists()] == [], block.where
            modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "pytest_pare").rglob("*.py")}
            missing = {m for m in modules if not m.endswith("__init__.py")} - named
            assert missing == set(), f"{block.where}: not in the layout"
        else:
            assert block.file is not None, f"{block.where}: nothing checks a text that is no file"

    def perform(self, command: str, where: str) -> tuple[int, str]:
        """Do what a line after `$` says, as far as that is possible in a test; the rest is looked at."""
        program, *arguments = shlex.split(command)
        if program == "pytest":
            return self.python.pytest(arguments, self.project)
        if program == "python" and arguments[:2] == ["-m", "benchmarks"]:
            from benchmarks.__main__ import MEASUREMENTS

            assert set(arguments[2:]) <= set(MEASUREMENTS), where
            return 0, ""
        if program == "python":
            return self.run([sys.executable, *arguments])
        if program == "make":
            targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert {argument for argument in arguments if "=" not in argument} <= set(targets), where
            return 0, ""
        if program == "uv":
            program, *arguments = arguments
        if program == "pip":
            assert arguments[0] == "install", where
            # Beside it stands at most what an override needs; `make compat` resolves the page about that.
            names = {PROJECT["name"], ".", "-r", *(f"{name}=={version}" for name, version in TESTED.items())}
            assert names & set(arguments), f"{where}: installs something else"
            return 0, ""
        pytest.fail(f"{where}: nothing checks the command {command!r}")

    def run(self, command: list[str]) -> tuple[int, str]:
        done = subprocess.run(
            command,
            cwd=self.project,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def finish(self) -> None:
        """Play every scenario of the document, and look for modules that nobody imports: none is there to be read."""
        files = (path for path in self.project.rglob("*") if path.suffix in (".py", ".yaml"))
        written = "".join(path.read_text(encoding="utf-8") for path in files)
        for module, where in self.modules.items():
            # A suite imports its agent by `agent_type: module:name`.
            imports = rf"^(from {module} import | +agent_type: {module}:)"
            assert re.search(imports, written, flags=re.MULTILINE), f"{where}: nothing imports it"
        if not self.scenarios:
            return
        directories = sorted({str(path.parent) for path in self.scenarios})
        (self.project / "all.pare.yaml").write_text(json.dumps({"scenarios": {"paths": directories}}))
        options = ["--pare-config", "all.pare.yaml", "-rA", "--noconftest", "-c", os.devnull, "--rootdir", "."]
        options += ["-o", f"pythonpath={self.project}", "-p", "pytest_pare.compat"]
        _, output = self.python.pytest(options, self.project)
        for path in self.scenarios:
            ids = re.findall(r'^@register_scenario\("(.+)"\)', path.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert ids, path
            assert [i for i in ids if f"PASSED all.pare.yaml::{i}" not in output] == [], output


def environment() -> dict[str, str]:
    """Return the environment variables of someone who has no settings of this session's."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PARE_"))}
    return {**inherited, "COLUMNS": "80", "NO_COLOR": "1"}


def matches(output: str, expected: str) -> bool:
    """Tell whether a command printed what is expected, where `...` stands for anything."""
    parts = [re.escape(part.strip("\n")) for part in tidy(expected).split("...")]
    pattern = r"\s*" + r".*?".join(parts) + r"\s*"
    return re.fullmatch(pattern, tidy(output), flags=re.DOTALL) is not None


def tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines())


def layout(code: str) -> Iterator[str]:
    """Yield the paths in a tree of names, in which what is in a directory is indented by two spaces."""
    above: list[str] = []
    for line in filter(str.strip, code.splitlines()):
        depth = (len(line) - len(line.lstrip())) // 2
        name = line.split()[0]
        above[depth:] = [name]
        yield "".join(above)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PreparedPython]:
    prepared = PreparedPython(environment(), tmp_path_factory.mktemp("python") / "printed.txt")
    yield prepared
    prepared.end()


def follow(document: Path, project: Path, python: PreparedPython) -> None:
    reader = Reader(project, python)
    for block in blocks(document):
        reader.check(block)
    reader.finish()


@pytest.mark.parametrize("document", DOCUMENTS, ids=title)
def test_every_code_block_holds(document: Path, tmp_path: Path, python: PreparedPython) -> None:
    follow(document, tmp_path, python)


@pytest.mark.parametrize(
    "block",
    [
        "```\nno language\n```",
        "```rust\nfn main() {}\n```",
        "```text\njust looks good\n```",
        "```console\n$ rm -rf things\n```",
        "```console\nno command\n```",
        "```console\n$ pytest --pare-config missing.yaml\n```",
        "```console\n$ python -c 'print(1)'\n2\n```",
        "```console\n$ python -c 'raise SystemExit(3)'\n$ echo $?\n0\n```",
        "```yaml\nrunz: 3\n```",
        "```python\nassert False\n```",
        "```python file=module.py\nx = 1\n```",
        "```toml\nno = \n```",
        "```text layout\nnowhere/\n```",
        "```mermaid\nstateDiagram-v2\n    [*] --> Nowhere\n```",
        "```python\nx = 1\n",
        "- item\n\n  ```python\n  x = 1\n  ```",
    ],
)
def test_a_block_that_does_not_hold_is_found(
    block: str, tmp_path: Path, python: PreparedPython, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "title", lambda path: path.name)
    document = tmp_path / "page.md"
    document.write_text(block + "\n", encoding="utf-8")
    with pytest.raises((Exception, pytest.fail.Exception)):
        follow(document, tmp_path, python)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("a\nb\nc\n", "a\n...\nc\n"),
        ("a  \n", "a\n"),
        ("took 3.2 s\n", "took ... s\n"),
        ("\nx\n", "x"),
        ("a\nc", "a\n...\nc"),
    ],
)
def test_dots_stand_for_anything(output: str, expected: str) -> None:
    assert matches(output, expected)
    assert not matches(output + "more", expected)


# -- tables


def settings_keys(
    model: type[BaseModel] = SuiteSettings, prefix: str = ""
) -> Iterator[tuple[str, Any, dict[str, Any], str]]:
    """Yield dotted key, field, JSON schema and class of every key that is no section."""
    schema = model.model_json_schema(by_alias=True)
    for name, one in model.model_fields.items():
        key = one.alias or name
        section = section_of(one.annotation)
        if key in schema["properties"] and section is not one.annotation:
            yield prefix + key, one, schema["properties"][key], model.__name__
        if key in schema["properties"] and section is not None:
            yield from settings_keys(section, f"{prefix}{key}.")


def section_of(annotation: Any) -> type[BaseModel] | None:
    """Return the model behind a key that has keys of its own, and no table of its own."""
    for one in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(one, type(BaseModel)) and one not in (LLMEngineConfig, NoiseConfig):
            return one
    return None


def kind(schema: dict[str, Any]) -> str:
    """Say what a key takes."""
    if "anyOf" in schema:
        return " or ".join(kind(part) for part in schema["anyOf"])
    if "$ref" in schema:
        return {"LLMEngineConfig": "engine", "NoiseConfig": "[noise](#noise)"}.get(
            schema["$ref"].rpartition("/")[2], "mapping"
        )
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if schema["type"] == "array":
        return f"list of {kind(schema['items'])}s" if schema["items"] else "list"
    if schema["type"] == "object":
        return "mapping"
    word = {
        "string": "text",
        "boolean": "true or false",
        "integer": "whole number",
        "number": "number",
        "null": "null",
    }[schema["type"]]
    if "minimum" in schema and "maximum" in schema:
        return f"{word} from {schema['minimum']:g} to {schema['maximum']:g}"
    if "minimum" in schema:
        return f"{word} from {schema['minimum']:g}"
    return word + (f" above {schema['exclusiveMinimum']:g}" if "exclusiveMinimum" in schema else "")


def shown(value: Any) -> str:
    if isinstance(value, BaseModel):
        said = value.model_dump(exclude_unset=True)
        return f"`{{{', '.join(f'{name}: {text}' for name, text in said.items())}}}`"
    return f"`{json.dumps(value)}`"


def keys_table() -> Iterator[str]:
    yield "| key | takes | default | what it says |"
    yield "|---|---|---|---|"
    for key, one, schema, _ in settings_keys():
        if "x-without-effect" not in schema:
            yield f"| `{key}` | {kind(schema)} | {shown(one.default)} | {one.description} |"


def later_table() -> Iterator[str]:
    yield "| key | only value | what it is for |"
    yield "|---|---|---|"
    for key, one, schema, _ in settings_keys():
        if "x-without-effect" in schema:
            purpose = re.sub(r" (Not implemented yet|Without effect in a suite);.*", "", one.description)
            yield f"| `{key}` | {shown(one.default)} | {purpose} |"


def engine_table() -> Iterator[str]:
    yield "| key | takes | default | what it says |"
    yield "|---|---|---|---|"
    properties = LLMEngineConfig.model_json_schema()["properties"]
    for name, one in LLMEngineConfig.model_fields.items():
        default = "required" if one.is_required() else shown(one.default)
        yield f"| `{name}` | {kind(properties[name])} | {default} | {one.description} |"


def noise_table() -> Iterator[str]:
    yield "| key | takes | default | what it says |"
    yield "|---|---|---|---|"
    properties = NoiseConfig.model_json_schema()["properties"]
    for name, one in NoiseConfig.model_fields.items():
        if not isinstance(one.default, Fault):
            yield f"| `noise.{name}` | {kind(properties[name])} | {shown(one.default)} | {one.description} |"
    for name, one in Fault.model_fields.items():
        schema = Fault.model_json_schema()["properties"][name]
        yield f"| `noise.FAULT.{name}` | {kind(schema)} | {shown(one.default)} | {one.description} |"


def faults_table() -> Iterator[str]:
    yield "| fault | what goes wrong | what else it takes |"
    yield "|---|---|---|"
    for name, one in NoiseConfig.model_fields.items():
        if isinstance(one.default, Fault):
            own = {k: v for k, v in type(one.default).model_fields.items() if k not in Fault.model_fields}
            more = " ".join(f"`{k}`, {shown(v.default)}: {v.description}" for k, v in own.items())
            yield f"| `{name}` | {one.description} | {more} |"


def flags_table() -> Iterator[str]:
    yield "| flag | key that it sets | what it does |"
    yield "|---|---|---|"
    for option in options.OPTIONS:
        value = f" {option.settings['metavar']}" if "metavar" in option.settings else ""
        yield f"| `{option.flag}{value}` | {f'`{option.key}`' if option.key else ''} | {option.settings['help']} |"
    yield f"| ini `{options.INI_CONFIG}` | | {options.INI_HELP} |"
    yield f"| ini `{options.INI_ALIAS}` | | {options.INI_ALIAS_HELP} |"


def fixtures_table() -> Iterator[str]:
    yield "| fixture | what it returns |"
    yield "|---|---|"
    for name in plugin.__all__:
        function = getattr(plugin, name)
        text = inspect.getdoc(getattr(function, "__wrapped__", function)) or ""
        yield f"| `{name}` | {' '.join(text.split())} |"


def apps_table() -> Iterator[str]:
    yield "| class | screens | tools of the agent | tools of the world |"
    yield "|---|---|---|---|"
    for name, cls in app_classes().items():
        screens = screens_of(cls) if issubclass(cls, StatefulApp) else []
        counts = [len(tools_of(cls, kind)) for kind in (ToolAttributeName.APP, ToolAttributeName.ENV)]
        yield f"| [`{name}`](apps.md#{name.lower()}) | {len(screens)} | {counts[0]} | {counts[1]} |"


def members_table(cls: type) -> Iterator[str]:
    """Yield what an object of `cls` offers: the attributes of which its docstring tells, its properties and methods."""
    yield "| name | what it is |"
    yield "|---|---|"
    attributes = told_attributes(inspect.getdoc(cls) or "")
    yield from (f"| `{name}` | {about} |" for name, about in attributes.items())
    for name, member in vars(cls).items():
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if not name.startswith("_") and name not in attributes and callable(function):
            called = "" if isinstance(member, property) else in_brackets(function)
            yield f"| `{name}{called}` | {told_first(inspect.getdoc(function) or '')} |"


def told_attributes(doc: str) -> dict[str, str]:
    """Return what the section `Attributes:` of a docstring says, by name."""
    section = doc.partition("Attributes:\n")[2].partition("\n\n")[0]
    entries = re.split(r"^    (?=\w)", section, flags=re.MULTILINE)
    found = (entry.partition(": ") for entry in entries if entry.strip())
    return {name: " ".join(about.split()) for name, _, about in found}


def told_first(doc: str) -> str:
    """Return what a docstring says before its sections."""
    return " ".join(re.split(r"^\w+:$", doc, flags=re.MULTILINE)[0].split())


def in_brackets(function: Callable[..., Any]) -> str:
    """Return how a method is called, without `self` and annotations."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return str(inspect.Signature([one.replace(annotation=inspect.Parameter.empty) for one in parameters]))


def finish_reasons_table() -> Iterator[str]:
    yield "| word | what providers say |"
    yield "|---|---|"
    for reason, words in FINISH_REASONS.items():
        yield f"| `{reason}` | {', '.join(f'`{word}`' for word in words)} |"


TABLES: dict[str, Callable[[], Iterator[str]]] = {
    "keys": keys_table,
    "later": later_table,
    "engine": engine_table,
    "finish_reasons": finish_reasons_table,
    "noise": noise_table,
    "faults": faults_table,
    "flags": flags_table,
    "fixtures": fixtures_table,
    "apps": apps_table,
    "turn": partial(members_table, protocols.Turn),
    "notification": partial(members_table, protocols.Notification),
    "proposal": partial(members_table, protocols.Proposal),
    "run": partial(members_table, Run),
    "trace": partial(members_table, Trace),
    "event": partial(members_table, TraceEvent),
}


def tables() -> dict[str, str]:
    """Return the text between `<!-- table: NAME -->` and `<!-- end -->` in all documents."""
    texts = (document.read_text(encoding="utf-8") for document in DOCUMENTS)
    return {
        name: body.strip()
        for text in texts
        for name, body in re.findall(r"<!-- table: (\w+) -->\n(.*?)<!-- end -->", text, flags=re.DOTALL)
    }


@pytest.mark.parametrize("name", TABLES)
def test_every_table_says_what_the_code_says(name: str) -> None:
    expected = list(TABLES[name]())
    written = tables()[name].splitlines()
    # A page may have columns of its own behind those that come from the code.
    holds = len(written) == len(expected) and all(map(str.startswith, written, expected))
    assert holds, "\n".join([f"the table {name} must begin, in each line, with", "", *expected])


def test_every_marked_table_is_known() -> None:
    assert set(tables()) == set(TABLES)


def test_what_is_generated_is_as_the_code_says() -> None:
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    names = [name for text in texts for name in names_of_sections(text)]
    assert names == [*app_classes(), "announcements", "modules", "columns", "metrics"]
    for text in texts:
        assert text == generated(text), "run `python -m tests.docs.generate`"


def test_what_is_generated_and_grown_old_is_found() -> None:
    text = PAGES[0].read_text(encoding="utf-8").replace("`go_home`", "`go_away`")
    assert generated(text) != text


def test_every_figure_of_the_report_is_explained() -> None:
    from pytest_pare.results.statistics import TOTALS, GroupStatistics

    text = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")
    figures = [*GroupStatistics.__dataclass_fields__, *(one.total for one in TOTALS)]
    figures.remove("totals")
    assert [name for name in figures if f"`{name}`" not in text] == []


# -- links


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", text), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=title)
def test_every_link_leads_somewhere(document: Path) -> None:
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\((?!https?://)([^)]+)\)", text):
        name, _, anchor = target.partition("#")
        other = (document.parent / name).resolve() if name else document
        assert other.exists(), f"{title(document)}: {target}"
        assert not anchor or anchor in anchors(other.read_text(encoding="utf-8")), f"{title(document)}: {target}"


def test_every_page_of_the_manual_is_linked_from_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [page for page in (ROOT / "docs").glob("*.md") if f"(docs/{page.name})" not in text] == []


def test_the_overrides_of_the_manual_are_the_tested_versions() -> None:
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```toml\n(.+?)```", page, flags=re.MULTILINE | re.DOTALL)
    overrides = tomllib.loads(block)["tool"]["uv"]["override-dependencies"]
    assert overrides == [f"{name}=={version}" for name, version in TESTED.items()]


def test_every_plugin_that_is_tried_has_a_row_with_its_version() -> None:
    page = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    cells = [line.split("|")[1] for line in page.splitlines() if line.startswith("| ")]
    versions = dict(re.findall(r"([\w-]+) (\d[\d.]*)", ", ".join(cells)))
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    tried = [Requirement(text) for text in groups["compat"]]
    missing = [one.name for one in tried if not one.specifier.contains(versions.get(one.name, "0"))]
    assert missing == ["uv"]
    assert set(versions) - {one.name for one in tried} == {"pytest-xdist"}


def test_the_changelog_tells_of_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{PROJECT['version']}]" in text
