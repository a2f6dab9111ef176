"""Message templates: checked when they are saved, frozen per recipient, rendered as a pure function.

An email body that holds an HTML tag is HTML, as `html` beside a body is: values are escaped in it. Every
other text is plain, and values go in as they are. A subject, a preheader and a parameter are one line.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from liquid.exceptions import LiquidError
from markupsafe import escape

from crm_graphql.campaigns.html_source import BODY_MARK, marked_body
from crm_graphql.campaigns.liquid import (
    OUTPUT_LIMIT_BYTES,
    RENDER_ERRORS,
    MessageText,
    line_and_column,
    parse_text,
    place,
    sentence,
)
from crm_graphql.campaigns.liquid_work import WORK_LIMIT, Meter
from crm_graphql.campaigns.message_texts import Texts, path_of, path_of_parameter, sources_of
from crm_graphql.campaigns.template_fields import (
    CUSTOM,
    CUSTOM_VALUES,
    EXAMPLE_CAMPAIGN_NAME,
    EXAMPLE_CUSTOMER,
    EXAMPLE_LINKS,
    EXAMPLES,
    FIELD_NAMES,
    LINKS,
    CustomNames,
    Values,
    freeze,
    thaw,
)
from crm_graphql.campaigns.template_text import TextSource
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import ErrorCode, InvalidInput, Problem
from crm_graphql.custom_fields.definitions import NO_FIELDS, Definitions

PARSED_LIMIT = 64
"""Messages whose parsed form is kept: the longest takes a megabyte."""
LONG = 100_000
LONG_PARSED_LIMIT = 16
"""Messages of more than so many characters, and how many of them are kept: the longest takes three."""

_HIDDEN = (
    '<div style="display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;'
    'overflow:hidden;mso-hide:all">{}</div>'
)


class RenderFailed(Exception):
    """The template cannot be rendered with these values; the message says why and where, for a delivery's
    reason. `problem` says it of the input."""

    def __init__(self, part: str, error: Exception, path: tuple[str, ...]) -> None:
        line = column = None
        if isinstance(error, LiquidError) and error.token is not None:
            source = error.token.source
            line, column = line_and_column(source, place(error, source))
        at = f"{part}, line {line}, column {column}" if line else part
        super().__init__(f"{at}: {sentence(error)}")
        text = f"The {part} fails for this customer: {sentence(error)}."
        self.problem = Problem(ErrorCode.INVALID, text, path, line, column)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as it goes out. `missing` names the placeholders that had no value and no default."""

    subject: str | None
    body: str
    missing: tuple[str, ...]
    html: str | None = None
    """With the preheader in it, where nobody sees it; the body itself where that is HTML."""
    preheader: str | None = None
    parameters: tuple[tuple[str, str], ...] | None = None
    """Of the template that WhatsApp has; None for a message without one."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to send."""
        return self.parameters is None and not self.body.strip() and not (self.html or "").strip()


class _Piece(NamedTuple):
    """A text of the template, ready to be rendered."""

    label: str
    path: tuple[str, ...]
    text: MessageText
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Template:
    """A checked message. Immutable; made by `parse`. `html` says that the body is HTML."""

    channel: Channel
    html: bool
    fields: tuple[str, ...]
    """What it uses, as in the catalogue: "customer.name"."""
    warnings: tuple[Problem, ...]
    """What it may say unmeant, each with its path, line and column. They stop nothing."""
    _pieces: tuple[_Piece, ...]
    _parameters: tuple[str, ...] | None
    _work: int

    @property
    def customer_fields(self) -> tuple[str, ...]:
        """The fields of a customer document that `freeze` needs."""
        named = (name.removeprefix("customer.") for name in self.fields if name.startswith("customer."))
        return tuple(dict.fromkeys(CUSTOM_VALUES if name.startswith("custom.") else name for name in named))

    @property
    def links(self) -> frozenset[str]:
        """The links to the recipient's own pages that it uses."""
        return LINKS & {*self.fields}

    @property
    def fields_by_path(self) -> Mapping[tuple[str, ...], frozenset[str]]:
        """The same, by the places of the texts that use them."""
        return {piece.path: piece.fields for piece in self._pieces}

    def freeze(
        self,
        customer: Mapping[str, Any],
        *,
        campaign_name: str,
        links: Mapping[str, str] = EXAMPLE_LINKS,
        custom: Definitions = NO_FIELDS,
    ) -> Values:
        """The values that the message uses, for a ledger row: `render` needs nothing else, ever. `custom` are
        the custom fields that it may name."""
        shown = custom.shown(customer.get(CUSTOM_VALUES)) if custom else {}
        return freeze(self.fields, customer, campaign_name, links, shown)

    def render(self, values: Mapping[str, Any]) -> Rendered:
        """The message for the frozen `values`: the same values always give the same bytes.

        Raises RenderFailed.
        """
        noted: list[str] = []
        seen = thaw(self.fields, values, noted)
        meter = Meter(self._work)
        texts: dict[tuple[str, ...], str] = {}
        for label, path, text, _ in self._pieces:
            try:
                texts[path] = text.render_by(meter, seen, limit=_output_limit(self._work))
            except RENDER_ERRORS as error:
                raise RenderFailed(label, error, path) from None
        return self._rendered(texts, tuple(dict.fromkeys(noted)))

    def _rendered(self, texts: Mapping[tuple[str, ...], str], missing: tuple[str, ...]) -> Rendered:
        subject, preheader = texts.get(path_of("subject")), texts.get(path_of("preheader"))
        body = texts.get(path_of("body"), "")
        html = body if self.html else texts.get(path_of("html"))
        if preheader is not None and html is not None:
            preheader = _one_line(preheader)
            html = html.replace(BODY_MARK, _HIDDEN.format(escape(preheader)) if preheader else "", 1)
        return Rendered(
            subject=None if subject is None else _one_line(subject),
            body=html if self.html and html is not None else body,
            missing=missing,
            html=html,
            preheader=preheader,
            parameters=None
            if self._parameters is None
            else tuple(
                (name, _one_line(texts[path_of_parameter(number)]))
                for number, name in enumerate(self._parameters)
            ),
        )


def parse(subject: str | None, body: str, channel: Channel, custom: CustomNames | None = None) -> Template:
    """`parse_texts` of a message that has these two alone."""
    return parse_texts(Texts(subject, body), channel, custom)


def parse_texts(texts: Texts, channel: Channel, custom: CustomNames | None = None) -> Template:
    """Check a message and make its template; repeated calls with the same texts cost nothing. It may name
    these custom fields; without them, as a message that was checked before, any.

    Raises InvalidInput that lists all problems, each with its path ("message", "body") and, where it has a
    place in the text, line and column from 1.
    """
    if sum(map(len, texts.all)) > LONG:
        return _parse_long(texts, channel, custom)
    return _parse(texts, channel, custom)


@functools.lru_cache(maxsize=LONG_PARSED_LIMIT)
def _parse_long(texts: Texts, channel: Channel, custom: CustomNames | None) -> Template:
    return _checked(texts, channel, custom)


@functools.lru_cache(maxsize=PARSED_LIMIT)
def _parse(texts: Texts, channel: Channel, custom: CustomNames | None) -> Template:
    return _checked(texts, channel, custom)


def _checked(texts: Texts, channel: Channel, custom: CustomNames | None) -> Template:
    sources = list(sources_of(texts, channel, custom))
    problems = [problem for source in sources for problem in source.check()]
    if texts.body is None and texts.html is None and texts.parameters is None:
        text = "A message needs a text: a body, or HTML."
        problems.append(Problem(ErrorCode.REQUIRED, text, path_of("body")))
    if problems:
        raise InvalidInput.of(problems)
    used = frozenset[str]().union(*(source.fields for source in sources))
    work = WORK_LIMIT if texts.html is None else 2 * WORK_LIMIT
    if problem := _try_out(sources, used, custom, work):
        raise InvalidInput.of([problem])
    return Template(
        channel=channel,
        html=any(source.html and source.path == path_of("body") for source in sources),
        fields=(*(name for name in FIELD_NAMES if name in used), *sorted(used.difference(FIELD_NAMES))),
        warnings=tuple(chain.from_iterable(source.warnings() for source in sources)),
        _pieces=tuple(
            _Piece(source.label, source.path, _marked(source, texts), frozenset(source.fields))
            for source in sources
        ),
        _parameters=None if texts.parameters is None else tuple(name for name, _ in texts.parameters),
        _work=work,
    )


def _try_out(
    sources: Sequence[TextSource], fields: Iterable[str], custom: CustomNames | None, work: int
) -> Problem | None:
    """What fails for somebody of whom all is known, or for somebody of whom nothing is."""
    examples = {name.removeprefix(CUSTOM): EXAMPLES[type_] for name, type_ in (custom or {}).items()}
    everything = freeze(fields, EXAMPLE_CUSTOMER, EXAMPLE_CAMPAIGN_NAME, EXAMPLE_LINKS, examples)
    for values, whom in (
        (everything, "an example customer"),
        ({}, "a customer without any of its values"),
    ):
        seen, meter = thaw(fields, values, []), Meter(work)
        for source in sources:
            try:
                source.parsed.template.render_by(meter, seen, limit=_output_limit(work))
            except RENDER_ERRORS as error:
                at = place(error, source.source) if isinstance(error, LiquidError) else None
                return source.problem(f"The {source.label} fails for {whom}: {sentence(error)}.", at)
    return None


def _marked(source: TextSource, texts: Texts) -> MessageText:
    """The text to be rendered; HTML with a mark where its body begins, for the preheader."""
    if texts.preheader is None or not source.html:
        return source.parsed.template
    return parse_text(marked_body(source.source), escapes=True).template


def _output_limit(work: int) -> int:
    return OUTPUT_LIMIT_BYTES if work == WORK_LIMIT else 5 * OUTPUT_LIMIT_BYTES


def _one_line(text: str) -> str:
    """A subject is a mail header: a line break in a value must not begin another one."""
    return " ".join(text.split())
