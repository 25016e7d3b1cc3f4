"""A browser without JavaScript: fetches pages, fills in forms, presses buttons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urljoin

import aiohttp

from tests.support.html_tree import one_line, tree_of

Fields = Mapping[str, str | list[str] | bytes | list[bytes]]


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was answered."""

    client: aiohttp.ClientSession
    url: str
    status: int
    headers: Mapping[str, str]
    tree: Any

    @classmethod
    async def of(cls, client: aiohttp.ClientSession, response: aiohttp.ClientResponse) -> Self:
        text = await response.text()
        return cls(client, response.url.path, response.status, response.headers, tree_of(text))

    @property
    def heading(self) -> str:
        """The text of the first heading."""
        return one_line(self.tree.findtext(".//h1") or "")

    @property
    def text(self) -> str:
        """What stands on the page."""
        return one_line(self.tree.text_content())

    @property
    def language(self) -> str:
        return str(self.tree.get("lang"))

    @property
    def number(self) -> str:
        """The tracking number on the page that says it is done."""
        [output] = self.tree.xpath("//output[@data-tracking-number]")
        return str(output.get("data-tracking-number"))

    def texts(self, path: str) -> list[str]:
        """The texts of the elements at an XPath."""
        return [one_line(element.text_content()) for element in self.tree.xpath(path)]

    def field(self, name: str) -> Any:
        """The first control of this name."""
        return self.tree.xpath("//main//*[@name=$name]", name=name)[0]

    def chosen(self, name: str) -> list[str]:
        """The values of the radio buttons or checkboxes that are checked."""
        return list(self.tree.xpath("//main//input[@name=$name][@checked]/@value", name=name))

    def value(self, name: str) -> str:
        """What stands in a control; a browser drops the line break that begins a text area."""
        return str(self.field(name).value or "").removeprefix("\n")

    async def submit(
        self, fields: Fields | None = None, button: tuple[str, str] | None = None
    ) -> "Page":
        """Fill in the form and press a button, else the main one, or the last without one."""
        [form] = self.tree.xpath("//main//form")
        values = {name: value for name, value in form.form_values() if name not in (fields or {})}
        buttons = form.xpath(".//button[not(@type='button')]")
        pressed = next((one for one in buttons if one.get("class") == "main"), buttons[-1])
        name, value = button or (pressed.get("name"), pressed.get("value"))
        sent = {**values, **(fields or {}), **({name: value} if name else {})}
        data = _multipart(sent) if "multipart" in form.get("enctype", "") else _urlencoded(sent)
        address = urljoin(self.url, form.get("action"))
        headers = {"Origin": f"{self.client._base_url}".rstrip("/")}  # noqa: SLF001 - as it is
        async with self.client.post(address, data=data, headers=headers) as response:
            return await Page.of(self.client, response)


async def visit(client: aiohttp.ClientSession, path: str, **headers: str) -> Page:
    """Fetch a page."""
    async with client.get(path, headers=headers) as response:
        return await Page.of(client, response)


def _urlencoded(fields: Fields) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            form.add_field(name, one)
    return form


def _multipart(fields: Fields) -> aiohttp.MultipartWriter:
    """Return the parts in the order of a browser; bytes are the file of a file field."""
    writer = aiohttp.MultipartWriter("form-data")
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            part = writer.append(one)
            if isinstance(one, bytes):
                part.set_content_disposition("form-data", name=name, filename="photo.jpg")
            else:
                part.headers.pop("Content-Type", None)
                part.set_content_disposition("form-data", name=name)
    return writer
