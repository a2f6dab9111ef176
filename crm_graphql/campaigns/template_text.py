"""A text of a message while it is checked: its limits, its syntax, the names that it may use."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from liquid.exceptions import LiquidError
from liquid.static_analysis import TemplateAnalysis

from crm_graphql.campaigns.liquid import PLAIN, ParsedText, line_and_column, parse_text, place, sentence
from crm_graphql.campaigns.template_fields import CUSTOM_NAME, FIELD_NAMES, LINKS, CustomNames
from crm_graphql.campaigns.template_warnings import Warned, dates_without_percent, foreign_placeholders
from crm_graphql.core.errors import ErrorCode, Problem
from crm_graphql.core.texts import is_storable

PROBLEMS_LIMIT = 20
"""So many problems of a text, and so many warnings, are told."""

_OWN_NAMES = frozenset({"customer", "campaign", *LINKS})
"""What a message may not assign to."""
# What may follow a value's name: {{ customer.tags.first }}, {{ customer.tags[0] }}.
_AFTER_NAME = frozenset({"size", "first", "last"})


@dataclass(frozen=True, slots=True)
class UnknownValue(Problem):
    """A name that no message has a value for."""

    name: str = field(kw_only=True)


class TextSource:
    """One of the texts of a message. `label` is what people call it, `path` its place in the input, `refusal`
    why it must not be there at all."""

    parsed: ParsedText

    def __init__(
        self,
        label: str,
        source: str,
        limit: int,
        custom: CustomNames | None,
        *,
        html: bool = False,
        path: tuple[str, ...] | None = None,
        refusal: str = "",
    ) -> None:
        self._custom = custom
        self._limit = limit
        self._refusal = refusal
        self.label = label
        self.path = path or ("message", label)
        self.source = source
        self.html = html
        self.fields: set[str] = set()

    def check(self) -> list[Problem]:
        """What is wrong with it. Without problems, `parsed` and `fields` are set."""
        if self._refusal:
            return [self.problem(self._refusal)]
        if not self.source.strip():
            return [self.problem(f"The {self.label} is empty.", code=ErrorCode.REQUIRED)]
        if len(self.source) > self._limit:
            text = f"The {self.label} has {len(self.source)} characters; at most {self._limit} are allowed."
            return [self.problem(text, code=ErrorCode.LIMIT_EXCEEDED)]
        if not is_storable(self.source):
            return [self.problem(f"The {self.label} holds characters that are no text.")]
        try:
            self.parsed = parse_text(self.source, escapes=self.html)
        except LiquidError as error:
            return [self._problem_of(error)]
        except RecursionError:
            return [self.problem(f"The {self.label} is nested too deeply.")]
        return list(islice(self._problems_of_names(self.parsed.names), PROBLEMS_LIMIT))

    def warnings(self) -> Iterator[Problem]:
        """What it may say unmeant. Call it when there are no problems."""
        doubts = chain(
            foreign_placeholders(self.source, self.parsed.pieces, html=self.html),
            chain.from_iterable(map(dates_without_percent, self.parsed.expressions)),
        )
        for doubt in islice(doubts, PROBLEMS_LIMIT):
            told = self.problem(doubt.text, doubt.index)
            yield Warned(told.code, told.message, told.path, told.line, told.column, kind=doubt.kind)

    def problem(self, text: str, index: int | None = None, code: ErrorCode = ErrorCode.INVALID) -> Problem:
        """A problem of this text, at a position in it."""
        line, column = (None, None) if index is None else line_and_column(self.source, index)
        return Problem(code, text, self.path, line, column)

    def _problem_of(self, error: LiquidError) -> Problem:
        return self.problem(
            f"The {self.label} is not a valid template: {sentence(error)}.", place(error, self.source)
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
                told = self.problem(_unknown(str(variable), "value", known), variable.span.index)
                yield UnknownValue(told.code, told.message, told.path, told.line, told.column, name=name)
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
