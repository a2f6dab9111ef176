"""Templates as Meta describes them, read into what sending and checking need."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from crm_graphql.core.paging import Row

APPROVED = "APPROVED"
_PARAMETER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_WITH_MEDIA = frozenset({"IMAGE", "VIDEO", "DOCUMENT"})
_HEADERS = _WITH_MEDIA | {None, "TEXT"}


class _Button(msgspec.Struct):
    type: str
    url: str | None = None


class _Component(msgspec.Struct):
    type: str
    format: str | None = None
    text: str | None = None
    buttons: list[_Button] | None = None


class ToldTemplate(msgspec.Struct):
    """A template as the Graph API lists it. What else it holds is ignored."""

    id: str
    name: str
    language: str
    status: str
    category: str | None = None
    parameter_format: str | None = None
    components: list[_Component] = []

    def stored(self) -> dict[str, Any]:
        """The fields as they are kept."""
        parts = {one.type.upper(): one for one in self.components}
        head, body, buttons = parts.get("HEADER"), parts.get("BODY"), parts.get("BUTTONS")
        header_parameters = _parameters(head.text if head else None)
        body_parameters = _parameters(body.text if body else None)
        names = [*header_parameters, *body_parameters]
        return {
            "_id": self.id,
            "name": self.name,
            "language": self.language,
            "status": self.status.upper(),
            "category": self.category,
            # Of older templates the list does not say it.
            "is_named": (self.parameter_format or "").upper() == "NAMED" or not all(map(_is_number, names)),
            "header": head and (head.format or "TEXT").upper(),
            "header_parameters": header_parameters,
            "body": (body and body.text) or "",
            "body_parameters": body_parameters,
            "buttons": list(_buttons((buttons and buttons.buttons) or [])),
        }


def _is_number(name: str) -> bool:
    return name.isdecimal()


def _parameters(text: str | None) -> list[str]:
    return list(dict.fromkeys(_PARAMETER.findall(text or "")))


def _buttons(buttons: Sequence[_Button]) -> Iterator[dict[str, Any]]:
    for index, button in enumerate(buttons):
        if button.type.upper() == "URL" and _parameters(button.url):
            yield {"index": index, "sub_type": "url"}
        elif button.type.upper() == "COPY_CODE":
            yield {"index": index, "sub_type": "copy_code"}


def parameter_names(template: Row) -> list[str]:
    """The names by which a campaign gives values: those of the body as they are, `header.1` and `header.name`
    for those of the head, `button.0` for the part of a button's address that changes."""
    return [
        *(f"header.{name}" for name in template["header_parameters"]),
        *template["body_parameters"],
        *(f"button.{button['index']}" for button in template["buttons"]),
    ]


def can_be_filled(template: Row) -> bool:
    """Whether a campaign has what stands in its head: a place on the map it has not."""
    return template["header"] in _HEADERS


def wants_header(template: Row) -> bool:
    """Whether a picture, film or document belongs in its head."""
    return template["header"] in _WITH_MEDIA


def header_of_file(content_type: str) -> str:
    """The kind of head that a file of this type belongs in."""
    kind = content_type.partition("/")[0].upper()
    return kind if kind in _WITH_MEDIA else "DOCUMENT"


def components(
    template: Row | None, values: Sequence[tuple[str, str]], header: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """The components of a message with these values by the names of `parameter_names`. Of a template that is
    not known all values are the body's, numbered where all their names are numbers."""
    given = dict(values)
    made: list[dict[str, Any]] = []
    if template is None:
        is_named = not all(map(_is_number, given))
        names = list(given) if is_named else sorted(given, key=int)
        heads, buttons = [], []
    else:
        is_named, names = template["is_named"], template["body_parameters"]
        heads = [f"header.{name}" for name in template["header_parameters"]]
        buttons = template["buttons"]
        if not is_named:
            names = sorted(names, key=int)
    if header is not None:
        made.append({"type": "header", "parameters": [header]})
    elif heads:
        made.append({"type": "header", "parameters": _texts(heads, given, is_named=is_named)})
    if names:
        made.append({"type": "body", "parameters": _texts(names, given, is_named=is_named)})
    made += [_button(button, given) for button in buttons]
    return made


def _texts(names: Sequence[str], given: Mapping[str, str], *, is_named: bool) -> list[dict[str, Any]]:
    return [
        {
            "type": "text",
            **({"parameter_name": name.removeprefix("header.")} if is_named else {}),
            "text": given.get(name, ""),
        }
        for name in names
    ]


def _button(button: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    value = given.get(f"button.{button['index']}", "")
    parameter = (
        {"type": "coupon_code", "coupon_code": value}
        if button["sub_type"] == "copy_code"
        else {"type": "text", "text": value}
    )
    return {
        "type": "button",
        "sub_type": button["sub_type"],
        "index": str(button["index"]),
        "parameters": [parameter],
    }
