"""The model of a process: the one place that turns settings into whom the assistant may ask."""

from __future__ import annotations

from crm_graphql.assistant.model.breaker import CircuitBreaker
from crm_graphql.assistant.model.openai_api import OpenAIModel
from crm_graphql.assistant.model.port import Model
from crm_graphql.core.settings import Settings


def choose_model(settings: Settings) -> Model | None:
    """The model behind its circuit breaker; None without a key. Opens nothing before the first question."""
    if not settings.openai_api_key.get_secret_value():
        return None
    return CircuitBreaker(OpenAIModel(settings))
