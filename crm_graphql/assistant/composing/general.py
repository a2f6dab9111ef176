"""The general form: an objective that is none of the usual ones, in its own words, said to the reader."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crm_graphql.assistant.composing.details import to_the_reader
from crm_graphql.assistant.composing.forms import Form
from crm_graphql.assistant.composing.tones import Tone

_PEOPLE = (
    r"(?:(?:all|our|the|my|these|those|every|each|vip|loyal|best|new|old|regular|active|inactive|former)\s)*"
    r"(?:customers?|clients?|members?|subscribers?|people|everyone|everybody|them|users?|guests?|shoppers?|"
    r"buyers?|contacts?|vips?)"
)
_ASKING = r"(?:please\s)?(?:i want to\s|we want to\s|we would like to\s|let us\s|let's\s)?"
_SENTENCES: tuple[tuple[str, str], ...] = (
    (
        rf"(?:tell|inform|notify|let|update|brief)\s{_PEOPLE}(?:\sknow)?\s(?:about|of|on)\s(?P<rest>.+)",
        "We have news for you about {}.",
    ),
    (rf"remind\s{_PEOPLE}\sto\s(?P<rest>.+)", "A short reminder: please {}."),
    (rf"remind\s{_PEOPLE}\sthat\s(?P<rest>.+)", "A short reminder: {}."),
    (
        rf"(?:tell|inform|notify|let)\s{_PEOPLE}(?:\sknow)?\s(?:that\s)?(?P<rest>.+)",
        "We would like you to know: {}.",
    ),
    (r"announc(?:e|ing)\s(?:that\s)?(?P<rest>.+)", "We are happy to announce: {}."),
    (rf"invit(?:e|ing)\s{_PEOPLE}\s(?P<rest>to\s.+)", "You are invited {}."),
    (r"invitation\s(?P<rest>(?:to|for)\s.+)", "Here is your invitation {}."),
    (rf"(?:apologi[sz]e|say sorry)(?:\sto\s{_PEOPLE})?\s(?P<rest>(?:for|about)\s.+)", "We are sorry {}."),
    (rf"congratulate\s{_PEOPLE}\s(?P<rest>on\s.+)", "Congratulations {}."),
    (rf"wish(?:ing)?\s{_PEOPLE}\s(?P<rest>.+)", "We wish you {}."),
    (
        rf"(?:ask|encourage|get|persuade|urge|convince|motivate|invite)\s{_PEOPLE}\s(?P<rest>to\s.+)",
        "We would like to ask you {}.",
    ),
    (
        r"(?:promot(?:e|ing)|advertis(?:e|ing)|present|show|highlight|share)\s(?P<rest>.+)",
        "We would like to show you {}.",
    ),
    (
        r"(?:send\s|wish\s)?(?:a\s|our\s)?(?:happy\s)?birthday\b(?P<rest>.*)",
        "Happy birthday! We wish you a wonderful day.",
    ),
)

GENERAL = Form(
    name="general",
    words="",
    it="",
    subjects=(
        "A note for you",
        "News from us",
        "Something you should know",
        "A word from us",
        "In short, and for you",
    ),
    openings=(
        "{it}",
        "We will keep it short. {it}",
        "One thing today. {it}",
        "A word from us to you. {it}",
        "We thought of you with this. {it}",
    ),
    short=("{it}", "in short: {it}", "one thing today: {it}", "a word from us: {it}", "for you: {it}"),
    asks={
        Tone.FRIENDLY: ("If there is anything that you would like to ask, we are here.", "Talk to you soon."),
        Tone.FORMAL: ("Please contact us should you have any question.", "We remain at your service."),
        Tone.URGENT: ("Please take note of it today.", "Please do not put it off."),
        Tone.PLAYFUL: ("Now you know as much as we do.", "You heard it here first."),
    },
)


def core_sentence(objective: str, limit: int) -> str:
    """The objective said to one customer, in its own words, cut at `limit` characters. Not yet quoted."""
    plain = re.sub(rf"^{_ASKING}", "", objective.rstrip(" .!"), flags=re.IGNORECASE)
    return next(_sentences(plain, limit), f"A short note from us: {cut(plain, limit)}.")


def _sentences(plain: str, limit: int) -> Iterator[str]:
    for form, sentence in _SENTENCES:
        match = re.fullmatch(form, plain, re.IGNORECASE | re.DOTALL)
        if match is not None:
            yield sentence.replace("{}", cut(to_the_reader(match["rest"]), limit))


def cut(text: str, limit: int) -> str:
    """The text, or as many of its words as fit, with dots."""
    if len(text) <= limit:
        return text
    return f"{text[: limit - 3].rsplit(' ', 1)[0]}..."
