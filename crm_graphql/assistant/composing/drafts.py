"""Drafts of messages: variants for an objective, a channel and a tone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crm_graphql.core.channels import TRAITS, Channel

_OPENINGS = ("Hi", "Hello", "Good day", "Welcome", "Dear")


@dataclass(frozen=True, slots=True)
class MessageDraft:
    """A message as Liquid templates; `subject` for email only."""

    subject: str | None
    body: str


def compose(
    objective: str, channel: Channel, *, audience_text: str | None, tone: str | None, count: int
) -> list[MessageDraft]:
    """So many distinct drafts, one to five."""
    words = re.sub(r"[{<]", lambda sign: f"{{{{ '{sign[0]}' }}}}", " ".join(objective.split()))
    return [
        MessageDraft(
            subject="A note for you" if TRAITS[channel].has_subject else None,
            body=f"{opening} {{{{ customer.name | default: 'there' }}}}, {words}",
        )
        for opening in _OPENINGS[:count]
    ]
