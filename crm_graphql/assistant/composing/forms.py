"""Forms of messages for the usual objectives: five ways to say each, long and short.

`{it}` stands for what the objective speaks of, or for the form's own word where it names nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from crm_graphql.assistant.composing.tones import Tone

VARIANTS = 5


@dataclass(frozen=True, slots=True)
class Form:
    """A usual objective: the words by which it is known, and what is said. `short` is for an SMS."""

    name: str
    words: str
    it: str
    subjects: tuple[str, ...]
    openings: tuple[str, ...]
    short: tuple[str, ...]
    asks: Mapping[Tone, tuple[str, ...]] = field(default_factory=dict)
    """Instead of the tone's own."""

    def is_meant_at(self, objective: str) -> int | None:
        """Where the objective names it; None where it does not."""
        match = re.search(rf"\b(?:{self.words})", objective, re.IGNORECASE)
        return match.start() if match else None


WIN_BACK = Form(
    name="win back",
    words=(
        r"(?:w[io]n(?:ning)?|bring(?:ing)?|welcome|get)\W(?:\w+\W){0,5}?back\b|winback|come back|comeback"
        r"|re-?activat|re-?engag|inactive|lapsed|dormant|lost customers|churn|miss you|long time no see"
        r"|(?:have|has)(?:n['’]t| not) (?:shopped|ordered|bought|visited|been|come)"
    ),
    it="something you like",
    subjects=(
        "We have missed you",
        "It has been a while",
        "Your place is still here",
        "Shall we catch up?",
        "Good to see you again, soon",
    ),
    openings=(
        "We have missed you. It has been a while since your last visit, and the door is open.",
        "It has been some time since we last saw you. Much is new here, and much is as you like it.",
        "We were thinking of you: you have not been here for a while, and we would like to change that.",
        "A quick hello from us. It is some time since you were here, and we would be happy to have you back.",
        "Your last visit is a while ago. We have kept your place, and there is a lot to see.",
    ),
    short=(
        "we have missed you! Come back and see us.",
        "it has been a while. We would love to have you back.",
        "your place is still here. Come and see what is new.",
        "long time no see! We are here whenever you are.",
        "much is new since your last visit. Come and look.",
    ),
)
WELCOME = Form(
    name="welcome",
    words=(
        r"welcom|onboard|new (?:customers?|members?|subscribers?|users?|sign-?ups?)"
        r"|first[- ]time (?:customer|buyer|shopper)|just (?:joined|signed up|registered)"
    ),
    it="what we have for you",
    subjects=(
        "Welcome",
        "Good to have you with us",
        "A warm welcome from all of us",
        "You are in: a few first words",
        "Hello, and thank you for joining",
    ),
    openings=(
        "Welcome! It is good to have you with us.",
        "Thank you for joining us. We are glad that you are here.",
        "A warm welcome from all of us. We will do our best to make you feel at home.",
        "You are one of us now, and we are happy about it.",
        "Hello, and welcome. If there is anything that we can help with, you only need to ask.",
    ),
    short=(
        "welcome! It is good to have you with us.",
        "thank you for joining us. We are glad you are here.",
        "a warm welcome from all of us.",
        "you are one of us now. Welcome!",
        "welcome aboard. We are here if you need us.",
    ),
)
THANK = Form(
    name="thank",
    words=r"thank|gratitude|grateful|appreciat|reward(?:ing)? (?:our |the )?(?:\w+ )?(?:loyal|best|top|vip)",
    it="being with us",
    subjects=(
        "Thank you",
        "This is for you: thank you",
        "We owe you a thank-you",
        "Because of customers like you",
        "A small word with a big meaning: thanks",
    ),
    openings=(
        "Thank you for {it}. It means a lot to us.",
        "We do not say it often enough: thank you for {it}.",
        "This message has one purpose: to thank you for {it}.",
        "It is because of customers like you that we enjoy our work. Thank you for {it}.",
        "Thank you, sincerely, for {it}. We do not take it for granted.",
    ),
    short=(
        "thank you for {it}!",
        "we do not say it often enough: thank you for {it}.",
        "just one word today: thanks, for {it}.",
        "it is customers like you who make our day. Thank you for {it}.",
        "thank you for {it}. It means a lot to us.",
    ),
)
LAUNCH = Form(
    name="launch",
    words=(
        r"launch(?!\w*\W(?:\w+\W){0,4}?(?:sale|offer|promotion|discount))|introduc|unveil|releas(?:e|ing)"
        r"|new (?:product|collection|range|line|model|service|feature|menu|app|arrival)|now available"
        r"|just arrived|arrival of|pre-?order"
    ),
    it="something new",
    subjects=(
        "New: {it}",
        "It is here: {it}",
        "Meet {it}",
        "Be among the first: {it}",
        "Have you seen {it}?",
    ),
    openings=(
        "We are happy to show you {it}. We have worked on it for a while, and now it is here.",
        "It is here: {it}. We think that you will like it.",
        "Meet {it}. You are among the first to hear of it.",
        "There is news: {it} is ready for you.",
        "We have something to show you: {it}.",
    ),
    short=(
        "new for you: {it}.",
        "it is here: {it}. Have a look!",
        "meet {it}. You are among the first to know.",
        "there is news: {it} is ready for you.",
        "have you seen {it}?",
    ),
)
SALE = Form(
    name="sale",
    words=(
        r"sales?\b|discount|\d+\s?%|percent off|half[- ]price|offers?\b|promo(?:tion)?\b|deals?\b|clearance"
        r"|coupon|voucher|bargain|special price|save\b|black friday|cyber monday|free (?:shipping|delivery)"
    ),
    it="what you like",
    subjects=(
        "An offer for you",
        "Now for less: {it}",
        "More for your money: {it}",
        "At a better price: {it}",
        "A good time for {it}",
    ),
    openings=(
        "There is an offer that we did not want to keep from you: {it}, for less.",
        "Now is a good time for {it}.",
        "If you have had an eye on {it}, this is your moment.",
        "More for your money: take a look at {it}.",
        "Prices are down, and you are among the first to know. It is all about {it}.",
    ),
    short=(
        "an offer for you: {it}, for less.",
        "now is a good time for {it}.",
        "had an eye on {it}? This is your moment.",
        "more for your money: {it}.",
        "prices are down. Take a look at {it}.",
    ),
)
EVENT = Form(
    name="event of a sale",
    words="",
    it="our sale",
    subjects=(
        "It is time for {it}",
        "Good news: {it}",
        "Have you seen {it}?",
        "Just for you: {it}",
        "Made for you: {it}",
    ),
    openings=(
        "It is time for {it}.",
        "There is good news from us: {it}.",
        "Have you seen {it}? It is well worth a look.",
        "We did not want to keep this from you: {it}.",
        "We thought of you when we made {it}.",
    ),
    short=(
        "it is time for {it}.",
        "good news from us: {it}.",
        "have you seen {it}? Take a look.",
        "just for you: {it}.",
        "made for you: {it}.",
    ),
)
"""A sale with a name of its own."""
REMIND = Form(
    name="remind",
    words=(
        r"remind|don['’]?t forget|do not forget|abandon|cart\b|basket"
        r"|expir|renew|overdue|last chance|follow[- ]up"
    ),
    it="what you had in mind",
    subjects=(
        "A friendly reminder: {it}",
        "Do not forget {it}",
        "Still on your list? {it}",
        "A quick word about {it}",
        "Before it slips your mind: {it}",
    ),
    openings=(
        "This is a short reminder of {it}.",
        "We know how full the days are, so here is a word about {it}.",
        "Just so that it does not slip your mind: {it}.",
        "You may have meant to come back to {it}. It is still there.",
        "A quick note, in case it got lost in the week: {it}.",
    ),
    short=(
        "a short reminder of {it}.",
        "do not forget {it}.",
        "just so that it does not slip your mind: {it}.",
        "still thinking of {it}? It is still there.",
        "a quick note about {it}.",
    ),
)
REVIEW = Form(
    name="review",
    words=(
        r"reviews?\b|feedback|rat(?:e|ings?)\b(?! of)|survey|opinion|testimonial|questionnaire"
        r"|what (?:they|you|customers) think|how (?:did we|are we)"
    ),
    it="your experience with us",
    subjects=(
        "How did we do?",
        "Your opinion, please",
        "May we ask you something?",
        "Tell us about {it}",
        "Two minutes for a few words?",
    ),
    openings=(
        "How did we do? We would like to hear about {it}.",
        "Your opinion counts here. Please tell us what you think of {it}.",
        "May we ask you something? We would be glad of a few words about {it}.",
        "Good or bad, we want to know: what do you think of {it}?",
        "Other customers trust what you say. Would you share a few words about {it}?",
    ),
    short=(
        "how did we do? Tell us about {it}.",
        "your opinion counts: what do you think of {it}?",
        "may we ask for a few words about {it}?",
        "good or bad, we want to know: what do you say of {it}?",
        "would you share a few words about {it}?",
    ),
    asks={
        Tone.FRIENDLY: ("It takes a minute, and it helps us a lot.", "We read every word."),
        Tone.FORMAL: ("Your answer will help us to improve.", "We are grateful for your time."),
        Tone.URGENT: ("Please tell us today.", "It takes a minute: please do it now."),
        Tone.PLAYFUL: ("Be honest, we can take it.", "Stars, words, drawings: all welcome."),
    },
)

FORMS = (REVIEW, WIN_BACK, WELCOME, THANK, REMIND, LAUNCH)
"""Of those that an objective names, the one that it names first is meant."""


def form_of(objective: str) -> Form | None:
    """The form that an objective asks for; None where it is none of the usual ones.

    A price is often only the means: a sale is meant where nothing else is.
    """
    places = [
        (place, order)
        for order, form in enumerate(FORMS)
        if (place := form.is_meant_at(objective)) is not None
    ]
    if places:
        return FORMS[min(places)[1]]
    return SALE if SALE.is_meant_at(objective) is not None else None
