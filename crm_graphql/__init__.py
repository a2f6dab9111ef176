"""A CRM and campaign engine with a GraphQL API. Read this page first.

The domains, each a package with the same files (`documents`, `service` for
writes, `queries` for reads, `messages`, `schema/`):

- `accounts`: who may come in, and how that ends; one function authenticates for every door.
- `deployment`: what people set for all: name, time zone, country; over the environment.
- `views`: how each person likes to see a list.
- `audit`: who did what, written where mutations are declared.
- `customers`, `orders`: who bought what; totals are exact and move with the orders, in one transaction.
- `media`: files that people upload, for customers' records and for pictures in messages.
- `imports`: files as people have them: what a file is, which column is which field, its cells as values.
- `ingestion`: three doors (mutations, `POST /ingest`, `crm import`) and one path: validate, cut into chunks,
  store them (that is the acceptance), announce them on the bus; consumers apply each chunk once.
- `groups`: customers put together by hand. `bulk`: tags and groups of many customers, page by page, exactly
  once.
- `audiences`: a rule is one tree, checked and evaluated in Python (`rules`), turned into a MongoDB filter
  (`compile`) and into an English sentence (`describe`).
- `campaigns`: a message to an audience; launch freezes both, the planner writes the ledger.
- `tracking`: opens and clicks, from the links in a message to the hits that wait to be counted.
- `results`: what came of campaigns, counted as it happens.
- `delivery`: the ledger of who gets what, senders that claim ranges of it, vendors, receipts.
- `attribution`: which campaign an order counts for, and whether those who were held out bought less.
- `exports`: all of that as files, made in the background, of one moment; everything that is held of a person.
- `erasure`: a person is forgotten, over all of these. `merging`: two customers who are one person become one.
- `duplicates`: who may be one person. `timeline`: what happened with a customer, out of all that keeps it.
- `assistant`: rules, messages and summaries from plain words, by a model where there is one, else built in.
- `insights`: what changed in the last 30 days against the 30 before.
- `analytics`: statistics of customers, reports, what the deployment uses.

Around them:

- `core`: settings, errors, roles, money, time, ids, paging: no I/O.
- `migrations`: what a release makes of the database before its first process starts.
- `mongo`: what every domain asks of MongoDB: transactions, leases, turns of long work, pages, which errors to
  wait out. `bus`: the port for work queues and live events, over RabbitMQ or embedded in one process.
- `storage`: the port for the bytes of files, in a folder or in a bucket of a server that speaks S3.
- `gql`: what an author of a schema needs: context, permissions, connections, loaders, errors.
- `server`: what speaks the protocols: the `transports` ask the `gateway` what may run (`operations`: limits,
  cost, hashes; `rates`), the `engine` runs it, `streams` share what is watched; `uvicorn` serves it all.
- `http`: plain requests: their ids, headers, cookies, health, metrics, and the doors beside GraphQL.
- `schema` puts the domains' schemas together, `app` serves them; `resources` opens MongoDB, the bus and HTTP
  clients, and chooses the adapters.
- `local`: the private servers behind `crm dev` and `crm demo`. `cli` is the `crm` command.
- `consumers` (beside this package): the processes that do the queued work; it imports the services here,
  never the other way round.

The flow, from edge to data: `schema/mutations -> service -> documents | bus`, and back in through
`consumers/registry -> handlers -> service -> documents`. MongoDB is the truth, a message hands out work, a
live event is a hint to look.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("crm-graphql")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"
