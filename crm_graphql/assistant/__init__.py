"""The assistant: rules, messages and summaries from plain words, with a model or without any.

- `vocabulary`: the deployment's own fields, and the values that occur in them; what a request may speak of.
- `reading`: a grammar over that vocabulary, which turns a request into a rule without network or model.
- `outcomes`: what can become of a request.
- `composing`: messages from a small set of forms, in Liquid with this product's fields.
- `summaries`: a campaign in sentences, and a check that holds every number in a text to the data.
- `model`: the port of a model, OpenAI's API behind it; `asking` it within time and budget; `rules_by_model`,
  `messages_by_model` and `summaries_by_model` hold its answers to the same checks as anybody's.
"""
