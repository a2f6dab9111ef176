"""The reading of requests in plain words: a grammar over the deployment's own fields.

The way: `words -> tagging` (atoms, by `lexicon` and `phrases`) `-> clauses` (conditions: `topics`, `values`,
`adjectives`, `moments`) `-> arranging -> logic` (one rule) `-> reader` (its checks). Before it: `refusals`.
"""

from crm_graphql.assistant.reading.phrases import phrases_of
from crm_graphql.assistant.reading.reader import read

__all__ = ["phrases_of", "read"]
