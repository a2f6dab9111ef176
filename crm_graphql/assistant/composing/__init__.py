"""Messages composed of a small set of forms, without any model: plain, and whole."""

from crm_graphql.assistant.composing.drafts import MessageDraft, compose

__all__ = ["MessageDraft", "compose"]
