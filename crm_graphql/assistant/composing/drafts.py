"""Drafts of messages: variants for an objective, a channel, an audience and a tone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from crm_graphql.assistant.composing.details import (
    Details,
    WhenKind,
    details_of,
    one_line,
    quoted,
)
from crm_graphql.assistant.composing.forms import (
    EVENT,
    LAUNCH,
    REMIND,
    SALE,
    VARIANTS,
    Form,
    form_of,
)
from crm_graphql.assistant.composing.general import GENERAL, core_sentence, cut
from crm_graphql.assistant.composing.segments import segments
from crm_graphql.assistant.composing.tones import VOICES, Tone, in_voice, tone_of
from crm_graphql.campaigns.documents import MessageTemplate
from crm_graphql.campaigns.drafts import checked_template
from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.custom_fields.definitions import NO_FIELDS

OWN_WORDS = 600
"""How much of an objective's own words a message repeats, in characters."""
OWN_WORDS_OF_SMS = 240
THING_LIMIT = 80
SUBJECT_THING_LIMIT = 50
LONG_NAME = 20
"""Characters of a name for which an SMS still fits."""

_REMIND_TO = r"\bremind\w*\s(?:\w+\s){1,5}?(?:to|that)\b"
_NAME_TAG = re.compile(r"\{\{ customer\.name [^}]*\}\}")
_QUOTED_SIGN = re.compile(r"\{\{ '(.)' \}\}")
UNSUBSCRIBE = "To get no more of these emails: {{ unsubscribe_url }}"
"""The last line of each email."""

_LINES = {
    r"last visit is (?:not within|before)": "It has been a while since your last visit.",
    r"(?:created|first visit) is within": "It is good to have you with us.",
    r"(?:total spend|visit count) is (?:at least|more than)": "You are a customer whom we can rely on.",
}
"""By words of the audience: what a message with news says first."""


@dataclass(frozen=True, slots=True)
class MessageDraft:
    """A message as Liquid templates; `subject` for email only."""

    subject: str | None
    body: str


@dataclass(frozen=True, slots=True)
class _Plan:
    """What all variants of one request share. `it` is quoted."""

    form: Form
    tone: Tone
    details: Details
    it: str
    subject_it: str
    audience_line: str


def compose(
    objective: str, channel: Channel, *, audience_text: str | None, tone: str | None, count: int
) -> list[MessageDraft]:
    """So many distinct drafts for the objective, the same ones each time.

    `audience_text` is the audience's rule as a sentence. Each draft passes the template check; an email has a
    subject and says how to get no more; an SMS takes one segment unless the objective's own details need
    more. Whatever the objective holds is printed, never run. Raises ValueError unless `count` is 1 to 5.
    """
    if not 1 <= count <= VARIANTS:
        raise ValueError(f"{count} drafts; there are 1 to {VARIANTS}.")
    plan = _plan(one_line(objective), channel, audience_text or "", tone)
    drafts = [_draft(plan, channel, number) for number in range(count)]
    for draft in drafts:
        checked_template(MessageTemplate(subject=draft.subject, body=draft.body), channel, NO_FIELDS)
    return drafts


def _plan(objective: str, channel: Channel, audience_text: str, tone: str | None) -> _Plan:
    details = details_of(objective)
    form = _form(objective, details)
    if form is GENERAL:
        it = core_sentence(objective, OWN_WORDS_OF_SMS if channel is Channel.SMS else OWN_WORDS)
    else:
        it = cut(_thing(form, details), THING_LIMIT)
    return _Plan(
        form=form,
        tone=tone_of(tone, objective),
        details=details,
        it=quoted(it),
        subject_it=quoted(cut(it, SUBJECT_THING_LIMIT)),
        audience_line=_audience_line(audience_text, form),
    )


def _form(objective: str, details: Details) -> Form:
    form = form_of(objective) or GENERAL
    if form is SALE and details.event:
        return EVENT
    if form is REMIND and not details.product and re.search(_REMIND_TO, objective, re.IGNORECASE):
        # Of something to do, not of a thing: that is best said in the objective's own words.
        return GENERAL
    return form


def _thing(form: Form, details: Details) -> str:
    """What the message speaks of: what the objective names, or the form's own word."""
    event = f"our {details.event}" if details.event else None
    named = (event, details.product) if form is EVENT else (details.product, event)
    if form not in (EVENT, REMIND):
        named = (details.product, None)
    return next(filter(None, named), form.it)


def _audience_line(audience_text: str, form: Form) -> str:
    if form not in (LAUNCH, SALE, EVENT) or re.search(r" or |not \(", audience_text):
        return ""
    return next((line for words, line in _LINES.items() if re.search(words, audience_text)), "")


def _draft(plan: _Plan, channel: Channel, number: int) -> MessageDraft:
    if channel is Channel.SMS:
        return MessageDraft(None, _shortest(plan, number))
    paragraphs = [
        VOICES[plan.tone].greeting,
        " ".join(
            filter(None, (in_voice(plan.audience_line, plan.tone), _said(plan, plan.form.openings[number])))
        ),
        " ".join(_details(plan, plan.form.openings[number], number)),
        _ask(plan, number),
    ]
    if not TRAITS[channel].has_subject:
        return MessageDraft(None, "\n\n".join(filter(None, paragraphs)))
    paragraphs += [VOICES[plan.tone].leave, UNSUBSCRIBE]
    return MessageDraft(_subject(plan, number), "\n\n".join(filter(None, paragraphs)))


def _said(plan: _Plan, text: str, it: str | None = None) -> str:
    """A sentence of the form in the tone's words, with what it speaks of."""
    said = in_voice(text, plan.tone).replace("{it}", plan.it if it is None else it)
    return said[0].upper() + said[1:]


def _ask(plan: _Plan, number: int) -> str:
    asks = plan.form.asks.get(plan.tone) or VOICES[plan.tone].asks
    return in_voice(asks[number % len(asks)], plan.tone)


def _subject(plan: _Plan, number: int) -> str:
    subject = _said(plan, plan.form.subjects[number], plan.subject_it)
    return subject if ":" in subject else f"{VOICES[plan.tone].subject}{subject}"


def _shortest(plan: _Plan, number: int) -> str:
    """The fullest text that takes one segment; where none does, the one without what could be left out."""
    short, greeting = plan.form.short[number], VOICES[plan.tone].greeting
    it = plan.it[0].lower() + plan.it[1:] if plan.form is GENERAL else plan.it
    said = in_voice(short, plan.tone).replace("{it}", it)
    if not greeting.endswith(","):
        said = said[0].upper() + said[1:]
    core = [greeting, said, *_details(plan, short, number)]
    texts = [" ".join([*core, _ask(plan, number)]), " ".join(core)]
    return next((text for text in texts if segments(_printed(text)) == 1), texts[-1])


def _printed(body: str) -> str:
    """The text as somebody with a long name gets it."""
    return _QUOTED_SIGN.sub(r"\1", _NAME_TAG.sub("x" * LONG_NAME, body))


def _details(plan: _Plan, opening: str, number: int) -> Iterator[str]:
    """Sentences with the details that the opening does not hold already."""
    details, said = plan.details, plan.it.lower() if "{it}" in opening else ""

    def missing(text: str | None) -> str | None:
        return None if text is None or quoted(text).lower() in said else quoted(text)

    offer, code, link = missing(details.offer), missing(details.code), missing(details.link)
    when = quoted(details.when.text) if details.when and missing(details.when.date) else None
    product = missing(cut(details.product, THING_LIMIT) if details.product else None)
    if offer or code:
        yield _offer_sentence(offer, code, f" {when}" if when else "", number)
    elif when and details.when:
        yield _when_sentence(details.when.kind, when, plan.tone)
    if product and not (details.event and details.event in product):
        yield f"Have a look at {product}."
    if link:
        yield f"Here is more: {link}"


def _offer_sentence(offer: str | None, code: str | None, when: str, number: int) -> str:
    """The offer and its code, in one of two ways."""
    is_even = number % 2 == 0
    if offer and code:
        text = "You get {} with the code {}{}." if is_even else "For you: {}, with the code {}{}."
        return text.format(offer, code, when)
    if offer:
        return f"You get {offer}{when}." if is_even else f"For you: {offer}{when}."
    return f"Your code is {code}{when}." if is_even else f"Use the code {code}{when}."


def _when_sentence(kind: WhenKind, when: str, tone: Tone) -> str:
    text = {
        WhenKind.UNTIL: "This is good {}.",
        WhenKind.FROM: "It is there {}.",
        WhenKind.ON: "It is {}.",
        WhenKind.FOR: "Just in time {}.",
    }[kind]
    return in_voice(text, tone).replace("{}", when)
