"""Imports of ARE that are delayed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import import_module
from importlib.util import module_from_spec
from pathlib import Path
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pptx
import pytest

from pytest_pare.are import lazy_imports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

PACKAGE = "are.simulation.validation"
PAGE = "<html><body><h1>Minutes</h1><p>Ann has the <b>key</b>.</p></body></html>"

# What each delayed import is for, in ARE's own code. Without our package, nothing is delayed.
USE = """
import json, sys
from pathlib import Path
from are.simulation.agents.multimodal import Attachment, attachments_to_pil
from are.simulation.apps.messaging_v2 import MessagingAppV2
from are.simulation.apps.sandbox_file_system import SandboxLocalFileSystem
from are.simulation.notification_system import BaseNotificationSystem
from are.simulation.scenarios.utils import scenario_expander
from are.simulation.scenarios.validation_result import MultiScenarioValidationResult

directory, documents, dot, *names = sys.argv[1:]
before = [name for name in names if name in sys.modules]
files = SandboxLocalFileSystem(name="Files", sandbox_dir=directory)
contents = {path.name: path.read_bytes() for path in sorted(Path(documents).iterdir())}
for name, content in contents.items():
    with files.open(name, "wb") as opened:
        opened.write(content)
texts = [files.read_document(name) for name in ("minutes.html", "minutes.txt")]
for_texts = [name for name in names if name in sys.modules]
chats = MessagingAppV2()
chats.add_users(["Annabel Lee", "Bert"])
from are.simulation.core import mdconvert
from are.simulation.scenarios.config import MultiScenarioRunnerConfig
from are.simulation.validation import BaseJudge, JudgeFactory

results = MultiScenarioValidationResult(run_config=MultiScenarioRunnerConfig())
used = [
    texts,
    [files.read_document(name) for name in contents],
    mdconvert.pd.DataFrame({"who": ["Ann"]}).to_csv(),
    mdconvert.MarkdownConverter().convert_path(str(Path(documents, "minutes.pptx"))).text_content,
    sorted(chats.lookup_user_id("annabel le")),
    [picture.size for picture in attachments_to_pil([Attachment(base64_data=dot, mime="image/gif")])],
    results.to_polars().columns,
    scenario_expander.np.random.default_rng(3).integers(9, size=3).tolist(),
    [BaseJudge.__module__, JudgeFactory.__module__],
]
print(json.dumps([before, for_texts, used, [name for name in names if name in sys.modules]]))
"""
WORD = {
    "[Content_Types].xml": """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Override PartName="/word/document.xml"
ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>""",
    "_rels/.rels": """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Target="word/document.xml"
Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>""",
    "word/document.xml": """<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">
<w:body><w:p><w:r><w:t>Ann has the key.</w:t></w:r></w:p></w:body></w:document>""",
}
PDF = b"""%PDF-1.4
1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj
2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj
3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R
/Resources << /Font << /F1 5 0 R >> >> >> endobj
4 0 obj << /Length 45 >> stream
BT /F1 12 Tf 20 100 Td (Ann has the key.) Tj ET
endstream endobj
5 0 obj << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> endobj
trailer << /Root 1 0 R >>
"""
DOT = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
DELAYED = [
    "PIL",
    "are.simulation.core.mdconvert",
    "are.simulation.scenarios.config",
    "mammoth",
    "numpy",
    "pandas",
    "pdfminer",
    "pdfminer.high_level",
    "polars",
    "pptx",
    "puremagic",
]


def write_documents(directory: Path) -> None:
    """Write a document of each format that ARE reads by itself. Spreadsheets need a package that it does not need."""
    directory.mkdir()
    Path(directory, "minutes.html").write_text(PAGE, encoding="utf-8")
    Path(directory, "minutes.txt").write_text("Ann has the key.", encoding="utf-8")
    Path(directory, "minutes.xml").write_text("<feed><title>Ann</title></feed>", encoding="utf-8")
    slides = pptx.Presentation()
    slides.slides.add_slide(slides.slide_layouts[0]).shapes.title.text = "Ann has the key."
    slides.save(str(Path(directory, "minutes.pptx")))
    with ZipFile(Path(directory, "minutes.docx"), "w") as archive:
        for name, text in WORD.items():
            archive.writestr(name, text)
    Path(directory, "minutes.pdf").write_bytes(PDF)


def test_all_is_used_as_ever_and_imported_then(tmp_path: Path) -> None:
    told: list[Any] = []
    documents = tmp_path / "documents"
    write_documents(documents)
    for first in ("", "import pytest_pare\n", "import are, pytest_pare\n"):
        directory = tmp_path / str(len(told))
        directory.mkdir()
        command = [sys.executable, "-W", "ignore", "-c", first + USE, str(directory), str(documents), DOT, *DELAYED]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        told.append(json.loads(done.stdout))
    (before, for_texts, used, at_the_end), *others = told
    assert before == for_texts == at_the_end == DELAYED
    assert len(used[1]) == 6
    assert all("Ann" in text for text in used[1])
    assert "Ann has the **key**." in used[0][0]
    assert used[4] == ["Annabel Lee"]
    for other in others:
        assert other == [[], ["are.simulation.core.mdconvert"], used, DELAYED]


@pytest.fixture
def deferred() -> Iterator[ModuleType]:
    """The package as it is after its first import."""
    lazy_imports.install()
    (finder,) = own_finders()
    spec = finder.find_spec(PACKAGE, import_module("are.simulation").__path__)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    # Its code imports its modules relative to the package.
    before = sys.modules.get(PACKAGE)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)
    yield module
    if before is None:
        del sys.modules[PACKAGE]
    else:
        sys.modules[PACKAGE] = before


def own_finders() -> list[Any]:
    return [one for one in sys.meta_path if type(one).__module__ == lazy_imports.__name__]


def is_loaded(module: ModuleType) -> bool:
    return "JudgeFactory" in vars(module)


@pytest.mark.parametrize("name", ["BaseJudge", "CheckerType", "__all__"])
def test_a_name_of_the_package_runs_its_code(name: str, deferred: ModuleType) -> None:
    assert not is_loaded(deferred)
    assert getattr(deferred, name) is vars(deferred)[name]
    assert is_loaded(deferred)
    assert "__getattr__" not in vars(deferred)


def test_what_is_not_in_the_package_is_not_found(deferred: ModuleType) -> None:
    for _ in range(2):
        with pytest.raises(AttributeError, match=r"are\.simulation\.validation' has no attribute 'Nothing'"):
            _ = deferred.Nothing
    assert is_loaded(deferred)


def test_what_any_package_is_asked_for_runs_nothing(deferred: ModuleType) -> None:
    assert not hasattr(deferred, "__wrapped__")
    assert str(deferred.__file__).endswith("__init__.py")
    assert type(deferred.__loader__).__name__ == "SourceFileLoader"
    assert not is_loaded(deferred)


def test_threads_that_use_it_at_the_same_time_get_one_class(deferred: ModuleType) -> None:
    begin, found = Barrier(4), []

    def use() -> None:
        begin.wait()
        found.append(deferred.BaseJudge)

    threads = [Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_nothing_else_is_delayed() -> None:
    before = own_finders()
    lazy_imports.install()
    assert own_finders() == before
    assert before[0].find_spec("are.simulation.types", import_module("are.simulation").__path__) is None
    assert before[0].find_spec(PACKAGE, []) is None


def test_the_tables_name_imports_that_are_makes() -> None:
    # A module that ARE moves would be imported at once, and nobody would notice.
    for name, delayed in lazy_imports.IMPORTS.items():
        (finder,) = own_finders()
        spec = finder.find_spec(name, import_module(name.rpartition(".")[0]).__path__)
        assert spec is not None
        source = Path(str(spec.origin)).read_text(encoding="utf-8")
        for module in delayed:
            assert re.search(rf"^(import|from) {re.escape(module)}\b", source, re.MULTILINE), (name, module)
