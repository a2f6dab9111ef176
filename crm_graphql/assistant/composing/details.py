"""Details of an objective that a message carries: offer, code, date, product, link.

They are found by their form, and go into the text quoted: whatever an objective holds is printed, never run.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from crm_graphql.assistant.composing.dates import DATE
from crm_graphql.core.texts import is_storable

_PERCENT = (
    r"(?:up to )?\d{1,3}(?:[.,]\d{1,2})?\s?(?:%|percent\b|per cent\b)"
    r"(?!\s?(?:of|more|less|increase|growth|conversion|response|open|click)\b)"
    r"(?:\s?(?:off|discount|cash ?back|savings?|reduction|rebate)\b)?"
)
_SYMBOLS = "$€£¥₹"
_CURRENCY = rf"(?:[{_SYMBOLS}]|USD|EUR|GBP|INR|Rs\.?|dollars?|euros?|pounds?|rupees?)"
_AMOUNT = (
    rf"(?:{_CURRENCY}\s?\d[\d,.]*|\d[\d,.]*\s?{_CURRENCY})"
    r"\s(?:off|discount|voucher|gift card|credit|cash ?back)\b"
)
_NUMBERS = r"(?:one|two|three|four|\d)"
_DEALS = (
    rf"half[- ]price|buy {_NUMBERS},? get {_NUMBERS}(?: (?:free|half[- ]price))?|\bbogo\b"
    rf"|\b{_NUMBERS} for (?:the price of )?{_NUMBERS}\b|\bdouble points\b"
    r"|(?<!feel )\bfree (?!to\b|of\b|from\b|and\b|or\b)[a-z]+(?: (?:shipping|delivery|gift|sample|trial))?"
)
_OFFER = re.compile(rf"{_AMOUNT}|{_PERCENT}|{_DEALS}", re.IGNORECASE)
_CODES = (
    re.compile(
        r"\b(?:code|coupon|voucher)s?\b(?:\sis)?\s?[:=]?\s?[\"'“‘]?(?P<code>\w[\w-]{2,23})", re.IGNORECASE
    ),
    re.compile(r"[\"'“‘]?\b(?P<code>[A-Z][A-Z0-9_-]{3,23})[\"'”’]?\s(?:code|coupon|voucher)\b"),
)
_LINK = re.compile(r"https?://[^\s<>\"'{}]+[^\s<>\"'{}.,;:!?)]", re.IGNORECASE)
_WHEN = re.compile(
    r"(?:\b(?P<word>until|till|by|before|through|ends?|ending|expires?|expiring"
    rf"|valid (?:until|till|to|through)|on|from|starting|starts?|begins?|beginning|for)(?:\son)?\s)?"
    rf"\b(?P<date>{DATE})",
    re.IGNORECASE,
)
_ADVERBS = re.compile(r"(?:this|next) (?:week|weekend|month)|today|tomorrow|tonight", re.IGNORECASE)

_STOP = (
    r"(?:with|using|for|to|until|till|by|before|from|on|at|and|or|in|this|next|who|that|which|code|via|through"
    r"|starting|ending|because|so|if|when|now|today|tomorrow|offering|giving|including|is|are|has|have)\b"
)
_END = rf"(?=\s{_STOP}|\s?[.,;:!?()]|$)"
_THING = rf"(?!{_STOP})(?P<thing>[^\s.,;:!?(){{}}<>\"]+(?:\s[^\s.,;:!?(){{}}<>\"]+){{0,6}}?){_END}"
_QUOTED = re.compile(r"[“\"«](?P<thing>[^“”\"«»]{2,60})[”\"»]|(?<![\w])[‘'](?P<other>[^‘’']{2,60})[’'](?!\w)")
_PEOPLE = r"(?:\w+\s){0,4}?"
_PRODUCTS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"\b(?:off|discounts? on|sale on|offers? on|deals? on|savings? on|reduction on)\s{_THING}",
        rf"\b(?:launch\w*|introduc\w+|releas\w+|unveil\w*|announc\w+|arrival)\s(?:of\s)?{_THING}",
        rf"\b(?:reviews?|feedback|ratings?|opinions?|survey)\s(?:of|about|on|for)\s{_THING}",
        rf"\b(?:rate|review)\s(?=(?:our|the|their|your)\b){_THING}",
        rf"\bremind\w*\s{_PEOPLE}(?:about|of)\s{_THING}",
        rf"\bthank\w*\s{_PEOPLE}for\s{_THING}",
        rf"\bwith\s(?=our\b|the new\b|a new\b){_THING}",
        rf"\b(?:promot\w+|advertis\w+|about|mention\w*|featuring|highlight\w*)\s{_THING}",
    )
)
_NO_THINGS = re.compile(
    r"(?:(?:a|an|the|our|all|new|their|some|this|that|it|them|everything|everyone|customers?|people|members?|"
    r"sales?|offers?|discounts?|promotions?|products?|campaign|store|shop|with|for|to|until|on)\s?)+",
    re.IGNORECASE,
)
_YOURS = {"their": "your", "theirs": "yours", "them": "you", "they": "you", "themselves": "yourself"}
_THEIRS = re.compile(rf"\b(?:{'|'.join(_YOURS)})\b", re.IGNORECASE)
_HIDDEN = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\ufeff]")


_EVENT = re.compile(
    r"\b(?P<name>(?:(?!(?:launch|announc|promot|run|start|send|advertis|remind|an?|about|for|our|the|on|to|with|this"
    r"|their|and|all|new|of|special|customers?|people|\d)\b)[\w'’-]+\s){0,3})(?P<what>sales?|deals|clearance)\b",
    re.IGNORECASE,
)


class WhenKind(Enum):
    """How a date stands to what the message speaks of."""

    UNTIL = "UNTIL"
    FROM = "FROM"
    ON = "ON"
    FOR = "FOR"


@dataclass(frozen=True, slots=True)
class When:
    """A date, and its text with the word before it: "until Sunday"."""

    kind: WhenKind
    date: str
    text: str


@dataclass(frozen=True, slots=True)
class Details:
    """What is to be in the text as it is, in the words of the objective. Not yet quoted."""

    offer: str | None = None
    code: str | None = None
    when: When | None = None
    product: str | None = None
    event: str | None = None
    """The name of a sale: "summer sale"."""
    link: str | None = None


def details_of(objective: str) -> Details:
    """The details that an objective names."""
    link = _LINK.search(objective)
    text = " ".join(_LINK.sub(" ", objective).split())
    code, event = _code(text), _EVENT.search(text)
    return Details(
        offer=_offer(text),
        code=code,
        when=_when(text),
        product=next(_products(text, code), None),
        event=event["name"] + event["what"] if event else None,
        link=link[0] if link else None,
    )


def one_line(text: str) -> str:
    """The text without line breaks, control signs and marks that turn the direction of writing."""
    plain = "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in text)
    plain = "".join(sign for sign in _HIDDEN.sub("", plain) if is_storable(sign))
    return " ".join(plain.split())


def quoted(text: str) -> str:
    """Liquid that prints exactly `text`, whatever it holds; nothing in it is taken for a tag of HTML."""
    return re.sub(r"[{<]", lambda sign: f"{{{{ '{sign[0]}' }}}}", text)


def to_the_reader(text: str) -> str:
    """What is said of customers, said to one of them: "their" becomes "your"."""
    return _THEIRS.sub(lambda match: _YOURS[match[0].lower()], text)


def _offer(text: str) -> str | None:
    found = dict.fromkeys(filter(None, (_offer_words(match[0]) for match in _OFFER.finditer(text))))
    return " and ".join(list(found)[:3]) or None


def _offer_words(found: str) -> str:
    percent = re.match(
        r"((?:up to )?\d[\d.,]*)\s?(?:%|percent|per cent)\s?(cash ?back)?", found, re.IGNORECASE
    )
    if percent is not None:
        return f"{percent[1]}% {'cashback' if percent[2] else 'off'}"
    if re.fullmatch("bogo", found, re.IGNORECASE):
        return "buy one, get one free"
    return re.sub(r"\sdiscount$", " off", found.strip(), flags=re.IGNORECASE)


def _code(text: str) -> str | None:
    for form in _CODES:
        for match in form.finditer(text):
            code: str = match["code"].strip("-_")
            if len(code) >= 3 and (code.isupper() or any(sign.isdigit() for sign in code)):
                return code
    return None


def _when(text: str) -> When | None:
    for match in _WHEN.finditer(text):
        date, word = match["date"], (match["word"] or "").lower()
        if word == "before":
            return When(WhenKind.UNTIL, date, f"before {date}")
        if re.match(r"by|until|till|through|end|expir|valid", word):
            return When(WhenKind.UNTIL, date, f"until {date}")
        if re.match(r"from|start|begin", word):
            return When(WhenKind.FROM, date, f"from {date}")
        if _ADVERBS.fullmatch(date):
            return When(WhenKind.ON, date, date)
        if word == "on":
            return When(WhenKind.ON, date, f"on {date}")
        return When(WhenKind.FOR, date, f"for {date}")
    return None


def _products(text: str, code: str | None) -> Iterator[str]:
    for match in _QUOTED.finditer(text):
        thing = (match["thing"] or match["other"]).strip()
        if thing and thing != code:
            yield thing
    for form in _PRODUCTS:
        for match in form.finditer(text):
            thing = match["thing"].strip("'\"“”‘’")
            if not thing or thing == code or _NO_THINGS.fullmatch(thing) or _OFFER.search(thing):
                continue
            if not re.fullmatch(DATE, thing, re.IGNORECASE):
                yield to_the_reader(thing)
