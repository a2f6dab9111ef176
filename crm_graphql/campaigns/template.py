"""Message templates: checked when they are saved, frozen per recipient, rendered as a pure function.

An email body that holds an HTML tag is HTML: values are escaped in it. Every other text is plain, and values
go in as they are. A subject always ends as one line.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import liquid
from liquid.exceptions import LiquidError
from liquid.static_analysis import TemplateAnalysis

from crm_graphql.campaigns.liquid import (
    ESCAPING,
    PLAIN,
    RENDER_ERRORS,
    check_bounds,
    line_and_column,
    place,
    sentence,
)
from crm_graphql.campaigns.template_fields import (
    EXAMPLE_CAMPAIGN_NAME,
    EXAMPLE_CUSTOMER,
    FIELD_NAMES,
    Values,
    freeze,
    thaw,
)
from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.core.errors import ErrorCode, InvalidInput, Problem
from crm_graphql.core.texts import is_storable

SUBJECT_LIMIT = 500
BODY_LIMIT = 50_000
"""Longest texts of a template, in characters."""

_HTML = re.compile(r"<!doctype html|</?[a-zA-Z][^<>]*>", re.IGNORECASE)
# What may follow a value's name: {{ customer.tags.first }}, {{ customer.tags[0] }}.
_AFTER_NAME = frozenset({"size", "first", "last"})


class RenderFailed(Exception):
    """The template cannot be rendered with these values; the message says why, for a delivery's reason."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as it goes out. `missing` names the placeholders that had no value and no default."""

    subject: str | None
    body: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A checked message. Immutable; made by `parse`. `html` says that the body is HTML."""

    channel: Channel
    html: bool
    fields: tuple[str, ...]
    """What it uses, as in the catalogue: "customer.name"."""
    _subject: liquid.BoundTemplate | None
    _body: liquid.BoundTemplate

    @property
    def customer_fields(self) -> tuple[str, ...]:
        """The fields of a customer document that `freeze` needs."""
        return tuple(name.removeprefix("customer.") for name in self.fields if name.startswith("customer."))

    def freeze(self, customer: Mapping[str, Any], *, campaign_name: str) -> Values:
        """The values that the message uses, for a ledger row: `render` needs nothing else, ever."""
        return freeze(self.fields, customer, campaign_name)

    def render(self, values: Mapping[str, Any]) -> Rendered:
        """The message for the frozen `values`: the same values always give the same bytes.

        Raises RenderFailed.
        """
        noted: list[str] = []
        seen = thaw(self.fields, values, noted)
        try:
            subject = None if self._subject is None else _one_line(self._subject.render(seen))
            body = str(self._body.render(seen))
        except RENDER_ERRORS as error:
            raise RenderFailed(sentence(error)) from None
        return Rendered(subject, body, tuple(dict.fromkeys(noted)))


def parse(subject: str | None, body: str, channel: Channel) -> Template:
    """Check a message and make its template; repeated calls with the same texts cost nothing.

    Raises InvalidInput that lists all problems, each with its path ("message", "body") and, where it has a
    place in the text, line and column from 1.
    """
    return _parse(subject, body, channel)


@functools.lru_cache(maxsize=512)
def _parse(subject: str | None, body: str, channel: Channel) -> Template:
    problems: list[Problem] = []
    subject_text: _Text | None = None
    if subject is not None:
        subject_text = _Text("subject", subject, html=False)
        if TRAITS[channel].has_subject:
            problems += subject_text.check(SUBJECT_LIMIT)
        else:
            problems.append(subject_text.problem("Only an email has a subject. Leave it out."))
    body_text = _Text("body", body, html=TRAITS[channel].takes_html and _HTML.search(body) is not None)
    problems += body_text.check(BODY_LIMIT)
    if problems:
        raise InvalidInput.of(problems)
    used = body_text.fields | (subject_text.fields if subject_text else set())
    return Template(
        channel=channel,
        html=body_text.html,
        fields=tuple(name for name in FIELD_NAMES if name in used),
        _subject=subject_text.template if subject_text else None,
        _body=body_text.template,
    )


class _Text:
    """One of the two texts of a message, while it is checked."""

    template: liquid.BoundTemplate

    def __init__(self, part: str, source: str, *, html: bool) -> None:
        self.part = part
        self.source = source
        self.html = html
        self.fields: set[str] = set()

    def check(self, limit: int) -> list[Problem]:
        """What is wrong with it. Without problems, `template` and `fields` are set."""
        if not self.source.strip():
            return [self.problem(f"The {self.part} is empty.", code=ErrorCode.REQUIRED)]
        if len(self.source) > limit:
            text = f"The {self.part} has {len(self.source)} characters; at most {limit} are allowed."
            return [self.problem(text, code=ErrorCode.LIMIT_EXCEEDED)]
        if not is_storable(self.source):
            return [self.problem(f"The {self.part} holds characters that are no text.")]
        try:
            self.template = (ESCAPING if self.html else PLAIN).from_string(self.source)
            check_bounds(self.template)
            analysis = self.template.analyze(include_partials=False)
            return list(self._problems_of_names(analysis)) or self._try_out()
        except LiquidError as error:
            return [self._problem_of(error)]
        except RecursionError:
            return [self.problem(f"The {self.part} is nested too deeply.")]

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
            segments = variable.segments
            name = ".".join(str(segment) for segment in segments[:2])
            if name in FIELD_NAMES and all(_may_follow(segment) for segment in segments[2:]):
                self.fields.add(name)
            else:
                yield self.problem(_unknown(str(variable)), variable.span.index)
        for name, spans in analysis.filters.items():
            if name not in PLAIN.filters:
                known = ", ".join(sorted(PLAIN.filters))
                text = f'"{name}" is not a filter of a message. Known are: {known}.'
                yield self.problem(text, spans[0].index)
        for variable in chain.from_iterable(analysis.locals.values()):
            if variable.segments[0] in ("customer", "campaign"):
                text = f'"{variable}" is a name of the message itself; assign to another.'
                yield self.problem(text, variable.span.index)

    def _try_out(self) -> list[Problem]:
        """Render it for somebody of whom all is known, and for somebody of whom nothing is."""
        everything = freeze(self.fields, EXAMPLE_CUSTOMER, EXAMPLE_CAMPAIGN_NAME)
        for values, whom in (
            (everything, "an example customer"),
            ({}, "a customer without any of its values"),
        ):
            try:
                self.template.render(thaw(self.fields, values, []))
            except RENDER_ERRORS as error:
                at = place(error, self.source) if isinstance(error, LiquidError) else None
                return [self.problem(f"The {self.part} fails for {whom}: {sentence(error)}.", at)]
        return []


def _may_follow(segment: object) -> bool:
    return isinstance(segment, int) or segment in _AFTER_NAME


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(name, FIELD_NAMES, n=1)
    hint = f' Did you mean "{close[0]}"?' if close else ""
    return f'"{name[:100]}" is not a value of a message.{hint} Known are: {", ".join(FIELD_NAMES)}.'


def _one_line(text: str) -> str:
    """A subject is a mail header: a line break in a value must not begin another one."""
    return " ".join(text.split())
