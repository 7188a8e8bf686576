"""The manual is true: every code block is run or read, every generated part is current, every link has a target.

A block is checked by its language, and by `file=NAME` after it, which puts it into the project of its document. With
`file=recipes/NAME` it is a copy of that file of the repository.

- `python`: run. With `file=`, it is written instead; a scenario is played at the end of the document, and must succeed.
- `console`: each line after `$ ` is a command, with its output in the lines below. `...` stands for anything.
  A command must end with 0, unless `$ echo $?` follows.
- `yaml`: a suite file that the settings loader accepts, or rejects if flagged `refused`; the commands of a
  workflow of GitHub or GitLab are checked.
- `toml`, `ini`, `json`: parsed. `json messages`: messages of the agent protocol, which follow its schema.
- `text file=`: written; `text generated`: see below.
- `mermaid`: the diagram of one of the apps.

What is between `<!-- table: NAME -->` or `<!-- generated: NAME -->` and `<!-- end -->` is written by `python -m
tests.docs.generate`.

Any other block or command is an error, because nothing would check it.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import subprocess
import sys
import sysconfig
import tomllib
import venv
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from packaging.requirements import Requirement

from pytest_pare.apps import StatefulApp
from pytest_pare.plugin.requirements import TESTED
from pytest_pare.settings import SettingsError, load_suite
from tests.agents.protocol import check_text
from tests.docs import picture
from tests.docs.generate import PAGES, SECTIONS, generated, names_of_parts
from tests.docs.phone import app_classes
from tests.docs.tables import TABLES
from tests.forks import Forks

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FENCE = re.compile(r"^```(?P<info>.*)\n(?P<code>(?:(?!```).*\n)*?)```$", re.MULTILINE)

AGENT_ENVIRONMENT = ("python -m venv agent-env", "agent-env/bin/pip install ./clients/python")


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
    """Follows a document in a new directory, block by block.

    Attributes:
        project: The directory.
        forks: Forks the processes of commands: most of what they take is imports.
        scenarios: Files with scenarios that the document has written.
        modules: Names of the other modules that it has written, and the place of each.
        environment: The interpreter of a virtual environment with the document's distribution, if it has one.
    """

    project: Path
    forks: Forks
    scenarios: set[Path] = field(default_factory=set)
    modules: dict[str, str] = field(default_factory=dict)
    environment: Path | None = None

    def check(self, block: Block) -> None:
        """Run or read a block, and fail if it is wrong."""
        check: Callable[[Block], None] | None = getattr(self, f"check_{block.language}", None)
        assert check is not None, f"{block.where}: nothing checks a block of {block.language!r}"
        if block.file is not None:
            original = ROOT / block.file
            is_recipe = block.file.startswith("recipes/")
            assert not is_recipe or block.code == original.read_text(encoding="utf-8"), f"{block.where}: copy the file"
            path = self.project / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.code, encoding="utf-8")
        check(block)

    def check_python(self, block: Block) -> None:
        compile(block.code, block.where, "exec")
        if block.file is None:
            status, output = self.fork("-c", block.code)
            assert status == 0, f"{block.where}:\n{output}"
        elif "@register_scenario" in block.code:
            self.scenarios.add(self.project / block.file)
        elif not re.fullmatch(r"conftest|test_\w+", Path(block.file).stem):
            # pytest runs the others in a later block, without an import.
            self.modules[Path(block.file).stem] = block.where

    def check_console(self, block: Block) -> None:
        parts = re.split(r"^\$ (.*)\n", block.code, flags=re.MULTILINE)
        assert not parts[0].strip(), f"{block.where}: begins with no command"
        steps = [*zip(parts[1::2], parts[2::2], strict=True), ("", "")]
        if steps[0][0].startswith("cd recipes/"):
            # `tests/compat/test_recipe_commands.py` runs it.
            assert (ROOT / steps[0][0].removeprefix("cd ") / "agent.py").exists(), block.where
            return
        status = 0
        for (command, expected), (following, _) in pairwise(steps):
            if command == "echo $?":
                assert expected.strip() == str(status), f"{block.where}: the status was {status}"
                continue
            is_client = command in AGENT_ENVIRONMENT
            status, output = self.install_client() if is_client else self.perform(command, block.where)
            self.modules.pop(command.removeprefix("python ").removesuffix(".py"), None)
            assert status == 0 or following == "echo $?", f"{block.where}: {command}: {status}\n{output}"
            assert not expected.strip() or matches(output, expected), f"{block.where}: {command} printed\n{output}"

    def check_yaml(self, block: Block) -> None:
        if block.file is not None and block.file.startswith((".github/", ".gitlab-ci.")):
            jobs = yaml.safe_load(block.code)
            steps = [step for job in jobs.get("jobs", {}).values() for step in job["steps"]]
            steps += [{"run": line} for job in jobs.values() if "script" in job for line in job["script"]]
            assert all(step.keys() & {"uses", "run"} for step in steps), block.where
            for command in (line for step in steps for line in step.get("run", "").splitlines()):
                status, output = self.perform(command, block.where)
                assert status == 0, f"{block.where}: {command}\n{output}"
            return
        path = self.project / (block.file or "fragment.pare.yaml")
        path.write_text(block.code, encoding="utf-8")
        if self.environment is not None:
            return  # Its extensions are installed there; the next command loads it.
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
        if "messages" in block.flags:
            check_text(block.code)
        else:
            json.loads(block.code)

    def check_text(self, block: Block) -> None:
        is_checked = block.file is not None or "generated" in block.flags
        assert is_checked, f"{block.where}: nothing checks a text that is no file"

    def perform(self, command: str, where: str) -> tuple[int, str]:
        """Run the command after `$`, or check its arguments where a test cannot run it; return status and output."""
        program, *arguments = shlex.split(command)
        if program == "pytest" and self.environment is not None:
            return self.run([str(self.environment), "-m", "pytest", *arguments])
        if program == "pytest":
            return self.fork("-m", "pytest", *arguments)
        if program == "pytest-pare":
            return self.fork("-c", "from pytest_pare.cli import main; main(prog_name='pytest-pare')", *arguments)
        if program == "python" and arguments[:2] == ["-m", "benchmarks"]:
            from benchmarks.__main__ import MEASUREMENTS

            assert set(arguments[2:]) <= set(MEASUREMENTS), where
            return 0, ""
        if program == "python" and arguments[:1] == ["-m"] and arguments[1].startswith("tests."):
            assert (ROOT / arguments[1].replace(".", "/")).with_suffix(".py").exists(), where
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
            return self.install() if (self.project / "pyproject.toml").exists() else (0, "")
        pytest.fail(f"{where}: nothing checks the command {command!r}")

    def install_client(self) -> tuple[int, str]:
        """Make an environment with the Python client, as the commands of `AGENT_ENVIRONMENT` do."""
        directory = self.project / "agent-env"
        venv.create(directory)
        packages = Path(sysconfig.get_path("purelib", vars={"base": str(directory)}))
        (packages / "client.pth").write_text(f"{ROOT / 'clients' / 'python'}\n", encoding="utf-8")
        return 0, ""

    def install(self) -> tuple[int, str]:
        """Install the document's distribution into a new virtual environment that shares what is installed here."""
        directory = self.project.parent / "environment"
        venv.create(directory)
        self.environment = directory / "bin" / "python"
        own = Path(sysconfig.get_path("purelib", vars={"base": str(directory), "platbase": str(directory)}))
        shared = "\n".join([sysconfig.get_path("purelib"), str(ROOT)])
        (own / "shared.pth").write_text(shared, encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "--python", str(self.environment), "install", "--quiet"]
        return self.run([*pip, "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "."])

    def fork(self, *arguments: str) -> tuple[int, str]:
        """Do what `python` does with `-m` or `-c` and further arguments."""
        return self.run(self.forks.command(arguments))

    def run(self, command: list[str]) -> tuple[int, str]:
        done = subprocess.run(
            command,
            cwd=self.project,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def finish(self) -> None:
        """Play every scenario of the document, and fail for a module that is never imported."""
        files = (path for path in self.project.rglob("*") if path.suffix in (".py", ".toml", ".yaml"))
        written = "".join(path.read_text(encoding="utf-8") for path in files)
        for module, where in self.modules.items():
            # A suite imports its agent by `agent_type: module:name` or runs it by `command`, and entry points name
            # `package.module:name`.
            imports = (
                rf"^(from {module} import | +agent_type(?:: |=\"){module}:| +command: \[.*\b{module}\.py\]|"
                rf"\"[\w.-]+\" = \"\w+\.{module}:)"
            )
            assert re.search(imports, written, flags=re.MULTILINE), f"{where}: nothing imports it"
        if not self.scenarios:
            return
        directories = sorted({str(path.parent) for path in self.scenarios})
        (self.project / "all.pare.yaml").write_text(json.dumps({"scenarios": {"paths": directories}}))
        options = ["--pare-config", "all.pare.yaml", "-rA", "--noconftest", "-c", os.devnull, "--rootdir", "."]
        options += ["-o", f"pythonpath={self.project}", "-p", "pytest_pare.compat"]
        _, output = self.fork("-m", "pytest", *options)
        for path in self.scenarios:
            ids = re.findall(r'^@register_scenario\("(.+)"\)', path.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert ids, path
            assert [i for i in ids if f"PASSED all.pare.yaml::{i}" not in output] == [], output


def environment() -> dict[str, str]:
    """Return the environment variables without those that configure this session."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PARE_"))}
    # One worker is enough for `-n auto`.
    return {**inherited, "COLUMNS": "80", "NO_COLOR": "1", "PYTEST_XDIST_AUTO_NUM_WORKERS": "1"}


def matches(output: str, expected: str) -> bool:
    """Return whether the output is as expected, where `...` stands for anything."""
    parts = [re.escape(part.strip("\n")) for part in tidy(expected).split("...")]
    pattern = r"\s*" + r".*?".join(parts) + r"\s*"
    return re.fullmatch(pattern, tidy(output), flags=re.DOTALL) is not None


def tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines())


def follow(document: Path, project: Path, forks: Forks) -> None:
    reader = Reader(project, forks)
    for block in blocks(document):
        reader.check(block)
    reader.finish()


@pytest.mark.parametrize("document", DOCUMENTS, ids=title)
def test_every_code_block_holds(document: Path, tmp_path: Path, forks: Forks) -> None:
    follow(document, tmp_path, forks)


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
        "```mermaid\nstateDiagram-v2\n    [*] --> Nowhere\n```",
        "```python\nx = 1\n",
        "- item\n\n  ```python\n  x = 1\n  ```",
    ],
)
def test_a_block_that_does_not_hold_is_found(
    block: str, tmp_path: Path, forks: Forks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "title", lambda path: path.name)
    document = tmp_path / "page.md"
    document.write_text(block + "\n", encoding="utf-8")
    with pytest.raises((Exception, pytest.fail.Exception)):
        follow(document, tmp_path, forks)


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


# -- the picture in the README


def without_durations(text: str) -> str:
    """Return the report and the gate's verdict, without what differs from session to session."""
    found = re.search(r"^PARE validation report\n.*^gate \w+: .*?\n", text, flags=re.MULTILINE | re.DOTALL)
    assert found, text
    return re.sub(r"(duration +).*", r"\1...", found[0])


def test_the_picture_shows_what_a_session_prints(tmp_path: Path, forks: Forks) -> None:
    shown = picture.text_of(picture.PICTURE.read_text(encoding="utf-8"))
    assert shown.startswith(f"$ pytest {' '.join(picture.ARGUMENTS)}\n")
    picture.write_files(tmp_path)
    status, output = Reader(tmp_path, forks).fork("-m", "pytest", *picture.ARGUMENTS)
    assert status == 1
    assert without_durations(shown) == without_durations(output), "run `python -m tests.docs.picture`"


# -- tables


def parts(kind: str) -> list[str]:
    """Return the names of the generated parts of all documents."""
    return [name for page in PAGES for name in names_of_parts(page.read_text(encoding="utf-8"), kind)]


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_what_is_generated_is_as_the_code_says(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == generated(text), "run `python -m tests.docs.generate`"


def test_every_generated_part_is_in_the_manual() -> None:
    assert sorted(parts("table")) == sorted(TABLES)
    assert sorted(parts("generated")) == sorted([*app_classes(), *SECTIONS])


@pytest.mark.parametrize(
    ("page", "old", "new"), [("apps", "`go_home`", "`go_away`"), ("reports", "| `run_number` |", "| `run_id` |")]
)
def test_what_is_generated_and_grown_old_is_found(page: str, old: str, new: str) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    stale = text.replace(old, new)
    assert stale != text
    assert generated(stale) != stale


def test_every_figure_of_the_report_is_explained() -> None:
    from pytest_pare.results.groups import TOTALS, GroupStatistics

    text = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")
    figures = [*GroupStatistics.__dataclass_fields__, *(one.total for one in TOTALS)]
    figures.remove("totals")
    assert [name for name in figures if f"`{name}`" not in text] == []


def test_each_everyday_change_takes_at_most_three_files_that_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = text.partition("## Ten everyday changes\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if re.match(r"\| an? ", line)]
    assert len(rows) == 10
    for row in rows:
        files = re.findall(r"`(\w+/[\w/.]*)`", row)
        assert [name for name in files if not (ROOT / "pytest_pare" / name).exists()] == [], row
        assert 1 <= len(files) <= 3, row


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
