"""Tracking: opens and clicks, from the links in a message to the hits that wait to be counted.

- `targets`: addresses that a click may lead to. `tokens`: what a link in a message signs.
- `links`: the links that stand in a template, frozen at launch. `rewriting`: a person's message with them.
- `policy`: what is tracked at all.
- `hits`: one look or click, on its way. `keeper` brings it to the bus, `spool` keeps it on disk meanwhile.
- `machines`: whether it was a person. `standing`: what the hits of one delivery come to.
- `routes`: the doors. Counting is `delivery/hits.py`'s: it moves with the campaign's other figures.
"""
