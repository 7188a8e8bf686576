"""Reads report pages as a browser does, without one."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any


@dataclass
class Element:
    """A script or a style of a page."""

    tag: str
    attributes: dict[str, str | None]
    text: str = ""


@dataclass
class Page:
    """A report page, read.

    Attributes:
        text: Its HTML.
        elements: Its scripts and styles, in their order.
        policy: Its Content-Security-Policy.
    """

    text: str
    elements: list[Element] = field(default_factory=list)
    policy: str = ""

    @property
    def data(self) -> dict[str, Any]:
        (data,) = (one for one in self.elements if one.attributes.get("id") == "data")
        found: dict[str, Any] = json.loads(data.text)
        return found

    def runs(self) -> dict[str, dict[str, Any]]:
        return {run["name"]: run for run in self.data["runs"]}

    def document(self, key: str) -> dict[str, Any]:
        (packed,) = (one for one in self.elements if one.attributes.get("id") == key)
        found: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(packed.text)))
        return found

    def documents(self) -> list[str]:
        """Return the documents of the runs as texts."""
        packed = [one.text for one in self.elements if one.attributes.get("type") == "text/plain"]
        return [gzip.decompress(base64.b64decode(text)).decode() for text in packed]


def read_page(text: str) -> Page:
    """Return a page that is read. Its scripts end where a browser ends them."""
    page = Page(text)

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            attributes = dict(attrs)
            if tag in ("script", "style"):
                page.elements.append(Element(tag, attributes))
            if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy":
                page.policy = attributes["content"] or ""

        def handle_data(self, data: str) -> None:
            if self.cdata_elem is not None:
                page.elements[-1].text += data

    reader = Reader()
    reader.feed(text)
    reader.close()
    return page
