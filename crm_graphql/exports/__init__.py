"""Exports: customers, orders and deliveries as files, made in the background.

`service` writes down what is wanted of whom. `worker` makes the file, a part a turn: `sources` read the rows,
as of one `moment`, `tables` write them, `packing` makes one gzip file of all parts, whichever process made
each. `links` gives a finished file out. `person` is everything that is held of one customer.
"""
