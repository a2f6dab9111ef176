"""The model behind the assistant: a port, its adapter for OpenAI's API, and what keeps a bad day short."""
