"""Campaigns: a message to an audience, from draft to the last receipt.

- `service` makes, changes and launches them; `drafts` checks what a draft says.
- `template` parses and renders a message: `liquid` is the language, bounded and pure, `liquid_filters` its
  filters, `template_fields` the values that it may name.
- `lifecycle`: the allowed changes of a status, as guarded updates. `messages`: what a launch hands to
  delivery.
- `queries` reads and previews. Who gets what, and what became of it, is `delivery`'s.
"""
