"""The choice of an export's rows: which source it is made of."""

from __future__ import annotations

from crm_graphql.core.paging import Row
from crm_graphql.exports.customers import Customers
from crm_graphql.exports.deliveries import Deliveries
from crm_graphql.exports.documents import ExportSubject
from crm_graphql.exports.moment import Reading
from crm_graphql.exports.orders import Orders
from crm_graphql.exports.person import Person
from crm_graphql.exports.reading import Source


async def source_of(export: Row, reading: Reading) -> Source:
    """The rows that the export is made of. Raises InvalidInput for a rule that this release refuses."""
    if export["person"] is not None:
        return await Person.of(export, reading)
    content = ExportSubject(export["content"])
    if content is ExportSubject.CUSTOMERS:
        return await Customers.of(export, reading)
    return Orders(export, reading) if content is ExportSubject.ORDERS else Deliveries(export, reading)
