"""Audiences: customers cut by a rule.

- `fields`, `values`: what a rule may name, the operators of each type, and how their values are read.
- `rules`: the tree, checked; `evaluate` is its meaning in plain Python, `compile` the same as a MongoDB
  filter, `describe` as an English sentence: a property test holds the three together.
- `catalogue`: fields with labels and known values, for a rule builder.
- `counting`: the size of a rule and whom each channel reaches; `sizes` keeps those of saved audiences.
- `service` makes, changes and deletes audiences; `queries` reads and previews them.
"""
