"""The assistant: rules, messages and summaries from plain words, with a model or without any.

- `vocabulary`: the deployment's own fields, and the values that occur in them; what a request may speak of.
- `reading`: a grammar over that vocabulary, which turns a request into a rule without network or model.
- `outcomes`: what can become of a request.
"""
