"""The bus, by which processes hand each other work and news: the port, its messages, its two adapters.

- `port`: what the product asks of a bus. `envelope`: a message on the wire. `watching`: events for a
  watcher.
- `queues`: every queue, found in the domains' `messages`.
- `rabbitmq` for deployments, `embedded` for one process without a broker; one suite tests both.
"""
