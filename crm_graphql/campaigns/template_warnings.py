"""Warnings of the unmeant in a template: other tools' placeholders, date patterns without a percent sign.

A warning stops nothing. It is given only where hardly anything else can be meant: a form that is also found
in ordinary text (`{name}`, `%name%`) counts when what it holds is a usual name of a value.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from liquid.builtin.expressions import FilteredExpression, StringLiteral
from liquid.expression import Expression

from crm_graphql.campaigns.liquid_source import Piece
from crm_graphql.core.errors import Problem

_NAME = r"[^\W\d]\w{0,40}(?:[ .:-]\w{1,40}){0,3}"
# What stands in where there is no value: |there, OR "there", :"there", mode="fc".
_ELSE = r"(?:\s?[|:=!?]|\sOR\s|\s\w+=)"
_QUOTE = r"""(?:["'“]|&quot;|&#39;)"""
# Forms that nothing else has, whatever is in them.
_FOREIGN = re.compile(
    rf"\*\|[^\W\d][^\s|*]{{0,60}}\|\*|%%\s?{_NAME}(?:\|[^%\n]{{0,60}})?\s?%%"
    rf"|\[\[\s?{_NAME}(?:{_ELSE}[^\[\]\n]{{0,60}})?\s?\]\]|\$\{{\s?!?{_NAME}(?:[!?|][^{{}}\n]{{0,60}})?\s?\}}"
    r"|(?<![\w%])%[A-Z][A-Z0-9_.-]{2,40}%(?![\w%])"
    # With a value that stands in, and the tags of templates of programs.
    rf"|\*\|{_NAME}:[^|*\n]{{0,60}}\|\*|%%=[^%\n]{{1,80}}=%%|%%\[[^\]]{{1,200}}\]%%|\{{!\s?\$?{_NAME}\s?\}}"
    rf"|<%[=-]?\s?[$\w][^%<>\n]{{0,80}}%>|&lt;%[=-]?\s?[$\w][^%\n]{{0,80}}%&gt;|<\?(?:php\b|=)[^<>\n]{{1,80}}\?>"
    rf"|%recipient\.\w{{1,40}}%|\[%=?\s?{_NAME}(?:{_ELSE}[^%\n]{{0,60}})?\s?%\]|\$\[[^\[\]\n]{{1,80}}\]\$"
    rf"|\{{\${_NAME}(?:\|[^{{}}\n]{{0,60}})?\}}|\{{(?:contact|lead|owner)field=[^{{}}\n]{{1,80}}\}}"
    r"|~~eloqua\b[^~\n]{1,200}~~|<(?:unsubscribe|webversion|preferences|forwardtoafriend)\b[^<>]{0,80}>"
)
# Forms that need a usual name in them.
_AMBIGUOUS = re.compile(
    rf"(?<![\w$@{{\\])\{{\s?({_NAME})\s?\}}(?!\}})|<<\s?({_NAME})\s?>>|&lt;&lt;\s?({_NAME})\s?&gt;&gt;"
    r"|(?<![\w%])%([^\W\d]\w{0,40})%(?![\w%])|(?<![\w@.])@([^\W\d]\w{0,40})@(?![\w@.])"
    rf"|(?<![\w$#%@{{\\])\{{\$?({_NAME})\s?(?:\||,\s?{_QUOTE})[^{{}}\n]{{0,60}}\}}(?!\}})"
    rf"|(?<![\w#])##?({_NAME})##?(?![\w#])|~({_NAME})~|(?<![\w$])\$({_NAME})(?:\(\))?\$(?![\w$])|%\(({_NAME})\)s"
    rf"|(?<![\w\]\[])\[({_NAME})(?:\s?[|:,][^\[\]\n]{{0,60}})?\](?![\w(\[\]])"
    # Where letters are merged by a word processor; quotes of a text hold no name of two words run together.
    r"|(?:«|&laquo;)([^\W\d]\w{0,40}?(?:_|[a-z](?=[A-Z]))\w{1,40})(?:»|&raquo;)"
    # Written by hand, to be filled in later; an element is none.
    rf"|(?:(?<!<)<|(?<!&lt;)&lt;)(?!(?:title|address|data|date)\b)({_NAME})(?:>|&gt;)"
)
_USUAL_NAMES = re.compile(
    r"name|firstname|lastname|fullname|fname|lname|surname|forename|givenname|familyname|"
    r"username|nickname|email|emailaddress|mail|phone|phonenumber|mobile|city|country|address|"
    r"street|zip|zipcode|postcode|state|company|companyname|title|salutation|gender|birthday|"
    r"birthdate|date|unsubscribe|unsubscribe(?:url|link|text)|unsub|preferences|webversion|webview(?:url|text)|"
    r"(?:mailinglist|tag)unsubscribeurl|linksubscriptionunsubscribeurl|newslettersubject|confirmationurl|"
    r"current(?:day|month|year)|sender(?:name|address|city|state|zip)|usertrack|viewinbrowser|vorname|nachname|anrede|ort|"
    r"stadt|land|firma|prenom|nom|ville|pays|nombre|apellido|ciudad|cognome|nome|citta|"
    r"voornaam|achternaam|naam"
)
_USUAL_FIRST = (
    "customer",
    "contact",
    "subscriber",
    "recipient",
    "user",
    "person",
    "client",
    "lead",
    "member",
)
_CODE = re.compile(r"<(style|script)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.IGNORECASE | re.DOTALL)

_STRFTIME = {
    "YYYY": "%Y",
    "yyyy": "%Y",
    "YY": "%y",
    "yy": "%y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "DD": "%d",
    "dd": "%d",
    "HH": "%H",
    "hh": "%I",
    "mm": "%M",
    "ss": "%S",
}
_PARTS_OF_DATES = re.compile("|".join(_STRFTIME))


class DoubtKind(Enum):
    """What a doubt is about."""

    PLACEHOLDER = "PLACEHOLDER"
    DATE_PATTERN = "DATE_PATTERN"


@dataclass(frozen=True, slots=True)
class Doubt:
    """What may be unmeant, and where in the source."""

    kind: DoubtKind
    text: str
    index: int


@dataclass(frozen=True, slots=True)
class Warned(Problem):
    """A doubt as it is told: at its place in a message."""

    kind: DoubtKind = field(kw_only=True)


def foreign_placeholders(source: str, parts: Iterable[Piece], *, html: bool) -> Iterator[Doubt]:
    """What looks like another tool's placeholder in the text around the tags; not in styles and scripts."""
    code = [match.span() for match in _CODE.finditer(source)] if html else []
    starts = [start for start, _ in code]
    for part in parts:
        if not part.is_text:
            continue
        for index, found in _found(source, part):
            before = bisect_right(starts, index)
            if not before or index >= code[before - 1][1]:
                text = (
                    f"{found[:60]} looks like the placeholder of another tool and would be sent as it stands."
                )
                yield Doubt(
                    DoubtKind.PLACEHOLDER, f"{text} Values are written like {_here(found)} here.", index
                )


def _found(source: str, part: Piece) -> Iterator[tuple[int, str]]:
    for match in _FOREIGN.finditer(source, part.start, part.end):
        yield match.start(), match[0]
    for match in _AMBIGUOUS.finditer(source, part.start, part.end):
        # The first kind has been told already.
        if _is_usual(next(filter(None, match.groups()))) and not _FOREIGN.match(source, match.start()):
            yield match.start(), match[0]


def _is_usual(name: str) -> bool:
    words = re.sub(r"[ _.:-]", "", name).lower()
    return _USUAL_NAMES.fullmatch(words) is not None or (
        words != name.lower() and words.startswith(_USUAL_FIRST)
    )


def _here(found: str) -> str:
    """The placeholder that was probably meant."""
    words = re.sub(r"[^a-z]", "", found.lower())
    if "unsub" in words:
        return "{{ unsubscribe_url }}"
    for name in ("email", "phone", "city", "country"):
        if name in words:
            return f"{{{{ customer.{name} }}}}"
    return "{{ customer.name }}"


def dates_without_percent(expression: Expression) -> Iterator[Doubt]:
    """Patterns of the `date` filter that would be printed as they stand."""
    if not isinstance(expression, FilteredExpression):
        return
    for filter_ in expression.filters or ():
        pattern = filter_.args[0].value if filter_.name == "date" and filter_.args else None
        if isinstance(pattern, StringLiteral) and pattern.value and "%" not in pattern.value:
            meant = _PARTS_OF_DATES.sub(lambda part: _STRFTIME[part[0]], pattern.value[:60])
            hint = f"'{meant}'" if "%" in meant else "'%d.%m.%Y'"
            text = f"The date pattern '{pattern.value[:60]}' has no % and would be printed as it stands."
            yield Doubt(DoubtKind.DATE_PATTERN, f"{text} Write it like {hint}.", pattern.token.start_index)
