"""Tones of a message: the words by which each greets, asks and takes leave."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Tone(Enum):
    """How a message sounds."""

    FRIENDLY = "FRIENDLY"
    FORMAL = "FORMAL"
    URGENT = "URGENT"
    PLAYFUL = "PLAYFUL"


@dataclass(frozen=True, slots=True)
class Voice:
    """The words of a tone; `asks` are for five variants."""

    greeting: str
    subject: str
    """Before a subject that has no colon yet."""
    asks: tuple[str, ...]
    leave: str
    contracts: bool
    """Whether it says "we've" for "we have"."""


VOICES: Mapping[Tone, Voice] = {
    Tone.FRIENDLY: Voice(
        greeting="Hi {{ customer.name | default: 'there' }},",
        subject="",
        asks=(
            "Come by any time, we would love to see you.",
            "Have a look when you find a moment.",
            "Drop in soon, we would be happy to see you.",
            "See you soon, we hope!",
            "Take a look, and tell us what you think.",
        ),
        leave="All the best,\nthe team",
        contracts=True,
    ),
    Tone.FORMAL: Voice(
        greeting="Dear {{ customer.name | default: 'customer' }},",
        subject="",
        asks=(
            "We look forward to your visit.",
            "We would be pleased to welcome you.",
            "Please contact us should you have any question.",
            "It would be our pleasure to assist you.",
            "We remain at your service.",
        ),
        leave="Kind regards,\nyour customer service",
        contracts=False,
    ),
    Tone.URGENT: Voice(
        greeting="Hello {{ customer.name | default: 'there' }},",
        subject="Do not wait: ",
        asks=(
            "Please have a look today.",
            "Do not put it off.",
            "Today is the day for it.",
            "Do it now, while you think of it.",
            "Please do not wait.",
        ),
        leave="Best regards,\nthe team",
        contracts=False,
    ),
    Tone.PLAYFUL: Voice(
        greeting="Hey {{ customer.name | default: 'you' }}!",
        subject="Psst: ",
        asks=(
            "Go on, have a peek.",
            "You know you want to.",
            "Curiosity is allowed.",
            "Come and play.",
            "We promise to look surprised when you turn up.",
        ),
        leave="Cheers,\nthe team",
        contracts=True,
    ),
}
if left_out := set(Tone) - VOICES.keys():
    raise AssertionError(f"tones without a voice: {left_out}")

_WORDS: Mapping[Tone, str] = {
    Tone.FORMAL: r"formal|professional|polite|respectful|serious|official|business-?like|elegant|corporate",
    Tone.URGENT: r"urgen\w*|pressing|hurr\w+|last[- ]minute|last chance|now or never|scarcity|immediate\w*",
    Tone.PLAYFUL: r"play\w*|fun|funny|wit|witty|cheeky|humou?r\w*|quirky|silly|cheerful|light-?hearted",
    Tone.FRIENDLY: r"friendl\w*|warm\w*|casual|kind|relaxed|personal|conversational|cosy|cozy|informal",
}
_PATTERNS = {tone: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for tone, words in _WORDS.items()}
_IN_OBJECTIVE = re.compile(
    r"\b(urgent|formal|playful|friendly|funny|witty|warm|professional|casual)"
    r"(?:\s\w+)?\s(?:tone|note|message|text|e-?mail|sms|way|reminder|style)\b",
    re.IGNORECASE,
)
_CONTRACTIONS: Mapping[str, str] = {
    "we are": "we're",
    "we would": "we'd",
    "we will": "we'll",
    "you are": "you're",
    "you will": "you'll",
    "it is": "it's",
    "it has": "it's",
    "that is": "that's",
    "there is": "there's",
    "here is": "here's",
    "do not": "don't",
    "cannot": "can't",
}
_CONTRACTED = re.compile(rf"\b({'|'.join(_CONTRACTIONS)})\b", re.IGNORECASE)


def tone_of(tone: str | None, objective: str) -> Tone:
    """The tone that is meant: the first that the words name, or that the objective speaks of; else
    friendly."""
    found = _first(tone or "")
    if found is None and (match := _IN_OBJECTIVE.search(objective)) is not None:
        found = _first(match[1])
    return found or Tone.FRIENDLY


def _first(text: str) -> Tone | None:
    matches = {tone: pattern.search(text) for tone, pattern in _PATTERNS.items()}
    places = [(match.start(), tone.value) for tone, match in matches.items() if match is not None]
    return Tone(min(places)[1]) if places else None


def in_voice(text: str, tone: Tone) -> str:
    """A sentence of ours as the tone says it."""
    return _CONTRACTED.sub(_contracted, text) if VOICES[tone].contracts else text


def _contracted(match: re.Match[str]) -> str:
    short = _CONTRACTIONS[match[0].lower()]
    return short[0].upper() + short[1:] if match[0][0].isupper() else short
