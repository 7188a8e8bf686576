from pathlib import Path

import pytest

from pytest_pare.settings import Override, SettingsError, Suite, SuiteSettings, load_suite


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a directory that is not the suite's."""
    (tmp_path / "suites").mkdir()
    monkeypatch.chdir(tmp_path)


def load(text: str, *overrides: Override) -> Suite:
    path = Path("suites/pare.yaml").absolute()
    path.write_text(text, encoding="utf-8")
    return load_suite(path, overrides)


def test_paths_are_relative_to_the_suite(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "suites/own").mkdir()
    suite = load(f"scenarios: {{paths: [own, ../lib, {tmp_path}]}}\nreports: {{json: out/r.json}}\n")
    assert suite.library_dirs() == [tmp_path / "suites/own", tmp_path / "lib", tmp_path]
    assert suite.reports.get("json") == tmp_path / "suites/out/r.json"
    assert suite.reports.get("parquet") is None


def test_a_suite_without_paths() -> None:
    suite = load("")
    assert suite.library_dirs() == []
    assert suite.split_ids() is None
    assert suite.reports.get("json") is None
    assert suite == Suite(suite.path, SuiteSettings())


def test_relative_suite_path(tmp_path: Path) -> None:
    load("reports: {json: r.json}")
    assert load_suite(Path("suites/pare.yaml")).reports.get("json") == tmp_path / "suites/r.json"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("absent", "suites/absent: No such file or directory"),
        ("pare.yaml", "suites/pare.yaml: Not a directory"),
        ("/no", "/no: No such file or directory"),
        ("x" * 300, f"suites/{'x' * 300}: File name too long"),
    ],
)
def test_library_that_is_no_directory(path: str, expected: str) -> None:
    suite = load(f"runs: 1\nscenarios:\n  paths:\n    - .\n    - {path}\n")
    with pytest.raises(SettingsError) as caught:
        suite.library_dirs()
    assert str(caught.value) == f"suites/pare.yaml:5: scenarios.paths[1]: {expected}"


def test_library_of_an_override(tmp_path: Path) -> None:
    suite = load("scenarios: {paths: [.]}", Override("scenarios.paths", ["no"], "--pare-path", tmp_path))
    with pytest.raises(SettingsError) as caught:
        suite.library_dirs()
    assert str(caught.value) == "--pare-path: scenarios.paths[0]: no: No such file or directory"


@pytest.mark.parametrize(
    "content",
    [
        b"b\na\nc#1\n",
        b"\xef\xbb\xbfb\na\nc#1",
        b"# smoke\n\n  b \r\n\ta # the first\n   # indented\nc#1 #",
    ],
)
def test_split(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "suites/ids.txt").write_bytes(content)
    assert load("scenarios: {split: ids.txt}").split_ids() == ["b", "a", "c#1"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "suites/pare.yaml:2: scenarios.split: suites/ids.txt: names no scenario"),
        (b"# a\n\n", "suites/pare.yaml:2: scenarios.split: suites/ids.txt: names no scenario"),
        (b"a\n\xe4\n", "suites/pare.yaml:2: scenarios.split: suites/ids.txt:2: is not UTF-8 text"),
        (
            b"a\nb\n# c\na # again\nb\na\n",
            "suites/ids.txt:4: a: listed twice, first in line 1\n"
            "suites/ids.txt:5: b: listed twice, first in line 2\n"
            "suites/ids.txt:6: a: listed twice, first in line 1",
        ),
        (None, "suites/pare.yaml:2: scenarios.split: suites/ids.txt: cannot be read: No such file or directory"),
    ],
)
def test_bad_split(tmp_path: Path, content: bytes | None, expected: str) -> None:
    if content is not None:
        (tmp_path / "suites/ids.txt").write_bytes(content)
    suite = load("scenarios:\n  split: ids.txt\n")
    with pytest.raises(SettingsError) as caught:
        suite.split_ids()
    assert str(caught.value) == expected


def test_error_of_a_suite_names_the_nearest_line() -> None:
    suite = load("runs: 1\nscenarios:\n  include: [a]\n", Override("runs", 2, "--pare-runs"))
    assert str(suite.error(("scenarios", "include", 0), "matches nothing")) == (
        "suites/pare.yaml:3: scenarios.include[0]: matches nothing"
    )
    assert str(suite.error(("scenarios", "limit"), "too small")) == "suites/pare.yaml:2: scenarios.limit: too small"
    assert str(suite.error(("gate",), "missing")) == "suites/pare.yaml:1: gate: missing"
    assert str(suite.error(("runs",), "too many")) == "--pare-runs: runs: too many"
