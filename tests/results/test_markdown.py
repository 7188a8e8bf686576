"""Markdown: texts of others are shown as they are, and documents keep to their limits."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pytest_pare.results.github import COMMENT, STEP_SUMMARY
from pytest_pare.results.markdown import Block, Limit, alert, escaped, fit, row, table_head

MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})
CHARACTERS = Limit(300, "characters", len)

signs = st.text("abc |\\`*_{}[]()<>#~!&$@:/.\n\r\t-+1w\u2028\x1b\ud800\u00e9\U0001f600", max_size=60)


def shown(text: str) -> str:
    """Return a text as an escaped one is shown: on one line, without what has no width."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def rendered_cells(line: str) -> list[str]:
    """Return what a reference implementation shows in the cells of a table with one row."""
    tokens = MARKDOWN.parse("\n".join([*table_head(["A", "B", "C"]), line]))
    inline = [token for token in tokens if token.type == "inline"][3:]
    kinds = {child.type for token in inline for child in token.children or ()}
    assert kinds <= {"text", "text_special"}, "formats, links or HTML"
    return ["".join(child.content for child in token.children or ()).replace("\u200b", "") for token in inline]


@given(signs, signs)
@example("a|b", "\\|")
@example("`x|y`", "\\`")
@example("<img src=x onerror=alert(1)>", "[x](javascript:y) ![z](w) <b>")
@example("&lt;b&gt; &#42;", "*a* _b_ __c__ ~~d~~ **e**")
@example("https://evil.example www.evil.example a@b.example", "- [ ] # 1. >")
def test_escaped_texts_stay_in_their_cells_as_they_are(one: str, other: str) -> None:
    line = row([escaped(one), "c", escaped(other)])
    assert rendered_cells(line) == [shown(one), "c", shown(other)]


@given(st.text(max_size=2000) | signs)
def test_escaped_texts_mention_nobody_and_have_no_sign_of_a_table(text: str) -> None:
    result = escaped(text)
    assert not re.search(r"[|\n\r<>`@]", result)
    assert not re.search(r"#(?!\d+;)|://|www\.", result, re.IGNORECASE)
    assert result.isprintable()
    result.encode()


def test_mentions_are_separated_from_names() -> None:
    assert escaped("ask @octocat about #12") == "ask &#64;&#8203;octocat about &#35;&#8203;12"
    assert (
        escaped("see https://x.example/a_b and www.x.example") == "see https&#58;//x.example/a_b and www&#46;x.example"
    )


def test_long_texts_are_cut_and_secrets_are_redacted() -> None:
    assert escaped("x" * 400) == "x" * 297 + "..."
    secret = "sk-" + "1a" * 20
    assert escaped(f"key {secret}") == "key &#91;redacted&#93;"
    # Cut before the end of the secret, and still no part of it is shown.
    assert "1a" not in escaped("x" * 290 + f" {secret}")


def test_an_alert_is_a_quotation() -> None:
    assert alert("CAUTION", "all failed") == ["> [!CAUTION]", "> all failed"]


def test_a_document_that_fits_is_whole() -> None:
    blocks = [Block(["# A", ""], ["- b", "- c"]), Block(["<details>"], ["d"], ["", "</details>"])]
    assert fit(blocks, CHARACTERS) == "# A\n\n- b\n- c\n\n<details>\nd\n\n</details>\n\n"


def test_a_long_document_loses_rows_and_says_so() -> None:
    text = fit([Block(["a"]), Block(["<details>"], map(str, range(1000)), ["</details>"]), Block(["b"])], CHARACTERS)
    lines = text.splitlines()
    assert lines[:4] == ["a", "", "<details>", "0"]
    assert lines[-3:] == ["</details>", "", "_The rest is left out: this text can have 300 characters at most._"]
    assert len(text) <= 300


def test_a_block_that_does_not_fit_is_left_out() -> None:
    assert fit([Block(["a"]), Block(["x" * 300])], CHARACTERS).splitlines() == [
        "a", "", "_The rest is left out: this text can have 300 characters at most._",
    ]  # fmt: skip
    assert fit([Block(["a" * 300])], CHARACTERS) == ""
    assert fit([Block(["a"])], CHARACTERS, used=299) == ""


@given(
    st.lists(
        st.builds(Block, st.lists(signs, max_size=3), st.lists(signs, max_size=20), st.lists(signs, max_size=2)),
        max_size=6,
    ),
    st.integers(0, 600),
    st.sampled_from([STEP_SUMMARY.size, COMMENT.size]),
    st.integers(0, 200),
)
def test_no_document_is_longer_than_its_limit(blocks: list[Block], most: int, size: object, used: int) -> None:
    assert callable(size)
    plain = [
        Block(*([line.encode("utf-8", "replace").decode() for line in part] for part in (one.lines, one.rows, one.end)))
        for one in blocks
    ]
    text = fit(plain, Limit(most, "units", size), used)
    assert text == "" or size(text) + used <= most
    whole = fit(plain, Limit(10**6, "units", size))
    assert text in ("", whole) or text.endswith(f"_The rest is left out: this text can have {most} units at most._\n")


@pytest.mark.parametrize(("limit", "text", "size"), [(STEP_SUMMARY, "é", 2), (COMMENT, "é", 1), (COMMENT, "😀", 2)])
def test_sizes_are_those_that_github_counts(limit: Limit, text: str, size: int) -> None:
    assert limit.size(text) == size
