"""The texts of a message, as they are written: which there may be, how long, and what is HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from crm_graphql.campaigns.template_fields import CustomNames
from crm_graphql.campaigns.template_text import TextSource
from crm_graphql.core.channels import TRAITS, Channel

SUBJECT_LIMIT = 500
PREHEADER_LIMIT = 500
PARAMETER_LIMIT = 1_024
BODY_LIMIT = 50_000
HTML_LIMIT = 500_000
"""Longest texts of a template, in characters; a body beside HTML may be as long as that."""

_HTML = re.compile(r"<!doctype html|</?[a-zA-Z][^<>]*>", re.IGNORECASE)


class Texts(NamedTuple):
    """The texts of a message, as they are written. `parameters` are the names and values of a WhatsApp
    template's; None without one."""

    subject: str | None = None
    body: str | None = None
    html: str | None = None
    preheader: str | None = None
    parameters: tuple[tuple[str, str], ...] | None = None

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> Texts:
        """Those of a stored message."""
        whatsapp = message.get("whatsapp")
        return cls(
            subject=message.get("subject"),
            body=message.get("body"),
            html=message.get("html"),
            preheader=message.get("preheader"),
            parameters=whatsapp and tuple((one["name"], one["value"]) for one in whatsapp["parameters"]),
        )

    @property
    def all(self) -> Sequence[str]:
        """Those that there are."""
        values = (value for _, value in self.parameters or ())
        return tuple(filter(None, (self.subject, self.body, self.html, self.preheader, *values)))


def path_of(part: str) -> tuple[str, ...]:
    """The place of a text in the input."""
    return ("message", part)


def path_of_parameter(number: int) -> tuple[str, ...]:
    """The place of a parameter's value."""
    return ("message", "whatsapp", "parameters", str(number), "value")


def sources_of(texts: Texts, channel: Channel, custom: CustomNames | None) -> Iterator[TextSource]:
    """The texts that there are. One that the channel does not have has a problem."""
    traits = TRAITS[channel]
    alone = "" if traits.has_subject else "Only an email has a {}. Leave it out."
    if texts.subject is not None:
        yield TextSource("subject", texts.subject, SUBJECT_LIMIT, custom, refusal=alone.format("subject"))
    is_beside = texts.html is not None or texts.parameters is not None
    if texts.body is not None and (texts.body.strip() or not is_beside):
        is_html = texts.html is None and traits.takes_html and _HTML.search(texts.body) is not None
        limit = BODY_LIMIT if texts.html is None else HTML_LIMIT
        yield TextSource("body", texts.body, limit, custom, html=is_html)
    if texts.html is not None:
        alone = "" if traits.takes_html else "Only an email has HTML. Leave it out."
        yield TextSource(
            "HTML", texts.html, HTML_LIMIT, custom, html=True, path=path_of("html"), refusal=alone
        )
    if texts.preheader is not None:
        alone = "" if traits.takes_html else "Only an email has a preheader. Leave it out."
        yield TextSource("preheader", texts.preheader, PREHEADER_LIMIT, custom, refusal=alone)
    for number, (name, value) in enumerate(texts.parameters or ()):
        path = path_of_parameter(number)
        yield TextSource(f'parameter "{name[:60]}"', value, PARAMETER_LIMIT, custom, path=path)
