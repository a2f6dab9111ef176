"""Warnings of the unmeant in a template: other tools' placeholders, date patterns without a percent sign.

A warning stops nothing. It is given only where hardly anything else can be meant: a form that is also found
in ordinary text (`{name}`, `%name%`) counts when what it holds is a usual name of a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from liquid.builtin.expressions import FilteredExpression, StringLiteral
from liquid.expression import Expression

from crm_graphql.campaigns.liquid_source import Piece

_NAME = r"[^\W\d]\w{0,40}(?:[ .-]\w{1,40}){0,3}"
# Forms that nothing else has, whatever is in them.
_FOREIGN = re.compile(
    rf"\*\|[^\W\d][^\s|*]{{0,60}}\|\*|%%\s?{_NAME}\s?%%|\[\[\s?{_NAME}\s?\]\]|\$\{{\s?{_NAME}\s?\}}"
    r"|(?<![\w%])%[A-Z][A-Z0-9_]{2,40}%(?![\w%])"
)
# Forms that need a usual name in them.
_AMBIGUOUS = re.compile(
    rf"(?<![\w$#%@{{\\])\{{\s?({_NAME})\s?\}}(?!\}})|<<\s?({_NAME})\s?>>|&lt;&lt;\s?({_NAME})\s?&gt;&gt;"
    r"|(?<![\w%])%([^\W\d]\w{0,40})%(?![\w%])|(?<![\w@.])@([^\W\d]\w{0,40})@(?![\w@.])"
)
_USUAL_NAMES = re.compile(
    r"name|firstname|lastname|fullname|fname|lname|surname|forename|givenname|familyname|"
    r"username|nickname|email|emailaddress|mail|phone|phonenumber|mobile|city|country|address|"
    r"street|zip|zipcode|postcode|state|company|companyname|title|salutation|gender|birthday|"
    r"birthdate|date|unsubscribe|unsubscribeurl|unsubscribelink|vorname|nachname|anrede|ort|"
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


@dataclass(frozen=True, slots=True)
class Doubt:
    """What may be unmeant, and where in the source."""

    text: str
    index: int


def foreign_placeholders(source: str, parts: Iterable[Piece], *, html: bool) -> Iterator[Doubt]:
    """What looks like another tool's placeholder in the text around the tags; not in styles and scripts."""
    code = [match.span() for match in _CODE.finditer(source)] if html else []
    for part in parts:
        if not part.is_text:
            continue
        for index, found in _found(source, part):
            if not any(start <= index < end for start, end in code):
                text = (
                    f"{found[:60]} looks like the placeholder of another tool and would be sent as it stands."
                )
                yield Doubt(f"{text} Values are written like {_here(found)} here.", index)


def _found(source: str, part: Piece) -> Iterator[tuple[int, str]]:
    for match in _FOREIGN.finditer(source, part.start, part.end):
        yield match.start(), match[0]
    for match in _AMBIGUOUS.finditer(source, part.start, part.end):
        # The first kind has been told already.
        if _is_usual(next(filter(None, match.groups()))) and not _FOREIGN.match(source, match.start()):
            yield match.start(), match[0]


def _is_usual(name: str) -> bool:
    words = re.sub(r"[ _.-]", "", name).lower()
    return _USUAL_NAMES.fullmatch(words) is not None or (
        words != name.lower() and words.startswith(_USUAL_FIRST)
    )


def _here(found: str) -> str:
    """The placeholder that was probably meant."""
    words = re.sub(r"[^a-z]", "", found.lower())
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
            yield Doubt(f"{text} Write it like {hint}.", pattern.token.start_index)
