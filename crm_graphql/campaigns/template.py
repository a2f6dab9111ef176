"""Message templates: checked when they are saved, frozen per recipient, rendered as a pure function.

An email body that holds an HTML tag is HTML: values are escaped in it. Every other text is plain, and values
go in as they are. A subject always ends as one line.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from liquid.exceptions import LiquidError
from liquid.static_analysis import TemplateAnalysis

from crm_graphql.campaigns.liquid import (
    PLAIN,
    RENDER_ERRORS,
    MessageText,
    ParsedText,
    line_and_column,
    parse_text,
    place,
    sentence,
)
from crm_graphql.campaigns.liquid_work import Meter
from crm_graphql.campaigns.template_fields import (
    CUSTOM,
    CUSTOM_NAME,
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
from crm_graphql.campaigns.template_warnings import dates_without_percent, foreign_placeholders
from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.core.errors import ErrorCode, InvalidInput, Problem
from crm_graphql.core.texts import is_storable
from crm_graphql.custom_fields.definitions import NO_FIELDS, Definitions

SUBJECT_LIMIT = 500
BODY_LIMIT = 50_000
"""Longest texts of a template, in characters."""
PARSED_LIMIT = 64
"""Messages whose parsed form is kept: the longest takes a megabyte."""
PROBLEMS_LIMIT = 20
"""So many problems of a text, and so many warnings, are told."""

_HTML = re.compile(r"<!doctype html|</?[a-zA-Z][^<>]*>", re.IGNORECASE)
_OWN_NAMES = frozenset({"customer", "campaign", *LINKS})
"""What a message may not assign to."""
# What may follow a value's name: {{ customer.tags.first }}, {{ customer.tags[0] }}.
_AFTER_NAME = frozenset({"size", "first", "last"})


class RenderFailed(Exception):
    """The template cannot be rendered with these values; the message says why and where, for a delivery's
    reason. `problem` says it of the input."""

    def __init__(self, part: str, error: Exception) -> None:
        line = column = None
        if isinstance(error, LiquidError) and error.token is not None:
            source = error.token.source
            line, column = line_and_column(source, place(error, source))
        at = f"{part}, line {line}, column {column}" if line else part
        super().__init__(f"{at}: {sentence(error)}")
        text = f"The {part} fails for this customer: {sentence(error)}."
        self.problem = Problem(ErrorCode.INVALID, text, ("message", part), line, column)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as it goes out. `missing` names the placeholders that had no value and no default."""

    subject: str | None
    body: str
    missing: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to send."""
        return not self.body.strip()


@dataclass(frozen=True, slots=True)
class Template:
    """A checked message. Immutable; made by `parse`. `html` says that the body is HTML."""

    channel: Channel
    html: bool
    fields: tuple[str, ...]
    """What it uses, as in the catalogue: "customer.name"."""
    warnings: tuple[Problem, ...]
    """What it may say unmeant, each with its path, line and column. They stop nothing."""
    _subject: MessageText | None
    _body: MessageText

    @property
    def customer_fields(self) -> tuple[str, ...]:
        """The fields of a customer document that `freeze` needs."""
        named = (name.removeprefix("customer.") for name in self.fields if name.startswith("customer."))
        return tuple(dict.fromkeys(CUSTOM_VALUES if name.startswith("custom.") else name for name in named))

    @property
    def links(self) -> frozenset[str]:
        """The links to the recipient's own pages that it uses."""
        return LINKS & {*self.fields}

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
        meter = Meter()
        texts: dict[str, str] = {}
        for part, text in (("subject", self._subject), ("body", self._body)):
            if text is None:
                continue
            try:
                texts[part] = text.render_by(meter, seen)
            except RENDER_ERRORS as error:
                raise RenderFailed(part, error) from None
        subject = _one_line(texts["subject"]) if "subject" in texts else None
        return Rendered(subject, texts["body"], tuple(dict.fromkeys(noted)))


def parse(subject: str | None, body: str, channel: Channel, custom: CustomNames | None = None) -> Template:
    """Check a message and make its template; repeated calls with the same texts cost nothing. It may name
    these custom fields; without them, as a message that was checked before, any.

    Raises InvalidInput that lists all problems, each with its path ("message", "body") and, where it has a
    place in the text, line and column from 1.
    """
    return _parse(subject, body, channel, custom)


@functools.lru_cache(maxsize=PARSED_LIMIT)
def _parse(subject: str | None, body: str, channel: Channel, custom: CustomNames | None) -> Template:
    problems: list[Problem] = []
    subject_text: _Text | None = None
    if subject is not None:
        subject_text = _Text("subject", subject, custom, html=False)
        if TRAITS[channel].has_subject:
            problems += subject_text.check(SUBJECT_LIMIT)
        else:
            problems.append(subject_text.problem("Only an email has a subject. Leave it out."))
    is_html = TRAITS[channel].takes_html and _HTML.search(body) is not None
    body_text = _Text("body", body, custom, html=is_html)
    problems += body_text.check(BODY_LIMIT)
    if problems:
        raise InvalidInput.of(problems)
    texts = [text for text in (subject_text, body_text) if text is not None]
    used = frozenset[str]().union(*(text.fields for text in texts))
    if problem := _try_out(texts, used, custom):
        raise InvalidInput.of([problem])
    return Template(
        channel=channel,
        html=body_text.html,
        fields=(*(name for name in FIELD_NAMES if name in used), *sorted(used.difference(FIELD_NAMES))),
        warnings=tuple(warning for text in texts for warning in text.warnings()),
        _subject=subject_text.parsed.template if subject_text else None,
        _body=body_text.parsed.template,
    )


def _try_out(texts: Sequence[_Text], fields: Iterable[str], custom: CustomNames | None) -> Problem | None:
    """What fails for somebody of whom all is known, or for somebody of whom nothing is."""
    examples = {name.removeprefix(CUSTOM): EXAMPLES[type_] for name, type_ in (custom or {}).items()}
    everything = freeze(fields, EXAMPLE_CUSTOMER, EXAMPLE_CAMPAIGN_NAME, EXAMPLE_LINKS, examples)
    for values, whom in (
        (everything, "an example customer"),
        ({}, "a customer without any of its values"),
    ):
        seen, meter = thaw(fields, values, []), Meter()
        for text in texts:
            try:
                text.parsed.template.render_by(meter, seen)
            except RENDER_ERRORS as error:
                at = place(error, text.source) if isinstance(error, LiquidError) else None
                return text.problem(f"The {text.part} fails for {whom}: {sentence(error)}.", at)
    return None


class _Text:
    """One of the two texts of a message, while it is checked."""

    parsed: ParsedText

    def __init__(self, part: str, source: str, custom: CustomNames | None, *, html: bool) -> None:
        self._custom = custom
        self.part = part
        self.source = source
        self.html = html
        self.fields: set[str] = set()

    def check(self, limit: int) -> list[Problem]:
        """What is wrong with it. Without problems, `parsed` and `fields` are set."""
        if not self.source.strip():
            return [self.problem(f"The {self.part} is empty.", code=ErrorCode.REQUIRED)]
        if len(self.source) > limit:
            text = f"The {self.part} has {len(self.source)} characters; at most {limit} are allowed."
            return [self.problem(text, code=ErrorCode.LIMIT_EXCEEDED)]
        if not is_storable(self.source):
            return [self.problem(f"The {self.part} holds characters that are no text.")]
        try:
            self.parsed = parse_text(self.source, escapes=self.html)
        except LiquidError as error:
            return [self._problem_of(error)]
        except RecursionError:
            return [self.problem(f"The {self.part} is nested too deeply.")]
        return list(islice(self._problems_of_names(self.parsed.names), PROBLEMS_LIMIT))

    def warnings(self) -> Iterator[Problem]:
        """What it may say unmeant. Call it when there are no problems."""
        doubts = chain(
            foreign_placeholders(self.source, self.parsed.pieces, html=self.html),
            chain.from_iterable(map(dates_without_percent, self.parsed.expressions)),
        )
        for doubt in islice(doubts, PROBLEMS_LIMIT):
            yield self.problem(doubt.text, doubt.index)

    def problem(self, text: str, index: int | None = None, code: ErrorCode = ErrorCode.INVALID) -> Problem:
        """A problem of this text, at a position in it."""
        line, column = (None, None) if index is None else line_and_column(self.source, index)
        return Problem(code, text, ("message", self.part), line, column)

    def _problem_of(self, error: LiquidError) -> Problem:
        return self.problem(
            f"The {self.part} is not a valid template: {sentence(error)}.", place(error, self.source)
        )

    def _problems_of_names(self, analysis: TemplateAnalysis) -> Iterator[Problem]:
        """Note the fields that are used; the names that nobody knows are problems."""
        for variable in chain.from_iterable(analysis.globals.values()):
            segments = [str(segment) for segment in variable.segments]
            depth = 3 if segments[:2] == ["customer", "custom"] else 2
            name = ".".join(segments[:depth])
            is_known = name in FIELD_NAMES or self._is_custom(name)
            if is_known and all(_may_follow(segment) for segment in variable.segments[depth:]):
                self.fields.add(name)
            else:
                known = (*FIELD_NAMES, *(self._custom or ()))
                yield self.problem(_unknown(str(variable), "value", known), variable.span.index)
        for name, spans in analysis.filters.items():
            if name not in PLAIN.filters:
                yield self.problem(_unknown(name, "filter", sorted(PLAIN.filters)), spans[0].index)
        for variable in chain.from_iterable(analysis.locals.values()):
            if variable.segments[0] in _OWN_NAMES:
                text = f'"{variable}" is a name of the message itself; assign to another.'
                yield self.problem(text, variable.span.index)

    def _is_custom(self, name: str) -> bool:
        return CUSTOM_NAME.fullmatch(name) is not None if self._custom is None else name in self._custom


def _may_follow(segment: object) -> bool:
    return isinstance(segment, int) or segment in _AFTER_NAME


def _unknown(name: str, what: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name[:100].lower(), known, n=1)
    hint = f' Did you mean "{close[0]}"?' if close else ""
    return f'"{name[:100]}" is not a {what} of a message.{hint} Known are: {", ".join(known)}.'


def _one_line(text: str) -> str:
    """A subject is a mail header: a line break in a value must not begin another one."""
    return " ".join(text.split())
