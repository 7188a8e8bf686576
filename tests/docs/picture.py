"""Draw the picture in the README: `python -m tests.docs.picture`.

It shows what a session prints that plays the files of the README, from the banner of the suite on.
"""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs/images/summary.svg"
ARGUMENTS = ["--pare-config", "pare.yaml", "--pare-set", "noise.tool_failure_probability=0.35"]
FILE = re.compile(r"^```\w+ file=(?P<name>\S+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


def write_files(project: Path) -> None:
    """Write the files of the README into a directory."""
    for match in FILE.finditer((ROOT / "README.md").read_text(encoding="utf-8")):
        path = project / match["name"]
        path.parent.mkdir(exist_ok=True)
        path.write_text(match["code"], encoding="utf-8")


def session(project: Path) -> str:
    """Return what a session in a terminal of 80 columns prints, in colour."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "--color=yes", *ARGUMENTS],
        cwd=project,
        env={**os.environ, "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.stdout


def report(output: str) -> str:
    """Return the banner of the suite and what follows it."""
    lines = output.splitlines(keepends=True)
    (banner,) = (number for number, line in enumerate(lines) if "= pare: pare.yaml =" in line)
    return "".join(lines[banner:])


def text_of(svg: str) -> str:
    """Return the lines that a picture shows."""
    lines: dict[int, str] = {}
    for number, text in re.findall(r'clip-path="url\(#[\w-]+-line-(\d+)\)">(.*?)</text>', svg):
        lines[int(number)] = lines.get(int(number), "") + html.unescape(text).replace("\xa0", " ")
    return "".join(f"{lines.get(number, '').rstrip()}\n" for number in range(max(lines) + 1))


def draw(text: str) -> str:
    """Return the picture of a terminal that shows `text` after the command."""
    from rich.console import Console
    from rich.text import Text

    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=80, file=nowhere)
        console.print(Text(f"$ pytest {' '.join(ARGUMENTS)}"), soft_wrap=True)
        console.print(Text.from_ansi(text))
        svg = console.export_svg(title="pytest-pare", unique_id="summary")
    # A browser loads no fonts for a picture.
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        write_files(Path(directory))
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_text(draw(report(session(Path(directory)))), encoding="utf-8")
