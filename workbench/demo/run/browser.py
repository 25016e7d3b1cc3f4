"""A browser without JavaScript: it fills in the forms of the residents' pages, step by step."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from selectolax.lexbor import LexborHTMLParser, LexborNode

_MULTIPART = "multipart/form-data"
_CHOSEN = frozenset({"checkbox", "radio"})
_NOT_TYPED = frozenset({"hidden", "file"})

Fields: TypeAlias = Mapping[str, str]
"""What a person fills in, by the name of the control; of a checkbox the value to check."""


class FilledForm(NamedTuple):
    """A form as a browser sends it.

    Attributes:
        action: Address to send it to.
        fields: Names and values, in the order of the page.
    """

    action: str
    fields: tuple[tuple[str, str], ...]
    is_multipart: bool


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page."""

    tree: LexborHTMLParser

    @property
    def number(self) -> str | None:
        """The tracking number, on the page that says that the report was taken."""
        output = self.tree.css_first("output[data-tracking-number]")
        return output.attributes.get("data-tracking-number") if output else None

    @property
    def faults(self) -> str:
        """The errors on the page; empty when there is none."""
        summary = self.tree.css_first("[role=alert]")
        return " ".join(summary.text(separator=" ").split()) if summary else ""

    def fill(self, wanted: Fields) -> FilledForm | None:
        """Return the form of the page with its main button pressed; None for a page without one.

        Args:
            wanted: What to fill in; what the page does not ask for is left out.
        """
        form = self.tree.css_first("main form[method=post]")
        if form is None:
            return None
        buttons = form.css("button.main") or form.css("button:not([type=button])")
        button = buttons[-1].attributes
        fields = [*_fields(form, wanted), (button.get("name") or "", button.get("value") or "")]
        return FilledForm(
            form.attributes.get("action") or "",
            tuple((name, value) for name, value in fields if name),
            form.attributes.get("enctype") == _MULTIPART,
        )


def read_page(html: str) -> ShownPage:
    """Return the page of a response."""
    return ShownPage(LexborHTMLParser(html))


def _fields(form: LexborNode, wanted: Fields) -> Iterator[tuple[str, str]]:
    """Yield what the controls of a form send."""
    for control in form.css("input[name], textarea[name], select[name]"):
        name, kind = control.attributes["name"] or "", control.attributes.get("type")
        value = control.attributes.get("value") or ""
        if kind in _CHOSEN:
            is_checked = wanted.get(name) == value if name in wanted else _has(control, "checked")
            if is_checked:
                yield name, value
        elif kind == "hidden":
            yield name, value
        elif kind not in _NOT_TYPED:
            yield name, wanted.get(name, _present(control))


def _present(control: LexborNode) -> str:
    """Return what stands in a control before anybody fills it in."""
    match control.tag:
        case "textarea":
            return control.text().removeprefix("\n")
        case "select":
            option = control.css_first("option[selected]") or control.css_first("option")
            return (option.attributes.get("value") or "") if option else ""
        case _:
            return control.attributes.get("value") or ""


def _has(control: LexborNode, attribute: str) -> bool:
    return attribute in control.attributes
