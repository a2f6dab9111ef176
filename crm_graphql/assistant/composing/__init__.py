"""Messages composed of a small set of forms, without any model: plain, and whole."""

from crm_graphql.assistant.composing.drafts import UNSUBSCRIBE, MessageDraft, compose

__all__ = ["UNSUBSCRIBE", "MessageDraft", "compose"]
