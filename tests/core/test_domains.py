"""What domains declare is found in their modules, by name."""

from __future__ import annotations

from types import ModuleType

from crm_graphql.audit import documents as audit_documents
from crm_graphql.bus.port import PartitionedQueue, Queue
from crm_graphql.bus.queues import all_queues, queues_of
from crm_graphql.core.domains import domain_modules
from crm_graphql.mongo.documents import all_documents, documents_of
from crm_graphql.mongo.leases import TaskLease
from crm_graphql.orders.documents import Order


def module_with(**held: object) -> ModuleType:
    module = ModuleType("crm_graphql.pets.messages")
    vars(module).update(held)
    return module


def test_each_domain_with_such_a_module_is_found_once() -> None:
    found = [module.__name__ for module in domain_modules("documents")]
    assert audit_documents.__name__ in found
    assert len(found) == len(set(found))


def test_documents_of_domains_and_of_mongo_are_found_once_each() -> None:
    found = all_documents()
    assert {Order, TaskLease} < set(found)
    assert len(found) == len(set(found))


def test_a_document_belongs_to_the_module_that_defines_it_and_bases_to_none() -> None:
    assert documents_of([module_with(Order=Order)]) == []
    named = {name for module in domain_modules("documents") for name in vars(module)}
    assert "_WithKeys" in named
    assert "_WithKeys" not in {document.__name__ for document in all_documents()}


def test_naming_a_queue_declares_it() -> None:
    module = module_with(PETS=Queue("pets"), fed=PartitionedQueue("fed"), LIMIT="no queue")
    assert list(queues_of([module], 2)) == ["pets", "fed.0", "fed.1"]


def test_the_queues_of_a_deployment_are_those_of_its_domains() -> None:
    found = all_queues(2)
    assert {"campaign.plan", "ingestion.0", "receipts.1"} < set(found)
    assert len(found) == len(set(found))
