"""Records in mutations: one bad value costs the record that it stands in, however it was sent."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import print_schema

from crm_graphql.schema import executable_schema
from tests.gql.conftest import Api
from tests.ingestion.doors import apply_pending

INGEST = "mutation($i: CustomersIngestInput!) { customersIngest(input: $i) { ingestion { %s } } }"
ROW_ERRORS = "accepted rejected rowErrors { nodes { row externalId field value code message } }"
ORDER = 'externalId: "1", customerExternalId: "c", amount: 5, orderedAt: "2024-06-30"'
ORDERS = """mutation%s { ordersIngest(input: {records: [%s]}) {
  ingestion { accepted rejected rowErrors { nodes { row field value code } } } } }"""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("signedUpAt", "31/12/2024"),
        ("lastVisitAt", 1_700_000_000),
        ("lastVisitAt", ["2024-01-01"]),
        ("totalSpend", "much"),
        ("totalSpend", 10**30),
        ("totalSpend", "1e3"),
        ("totalSpend", 0.00001),
        ("totalSpend", True),
        ("totalSpend", {"a": [10**30]}),
        ("visitCount", -1),
        ("visitCount", 1.5),
        ("visitCount", "3"),
        ("visitCount", True),
        ("visitCount", 3_000_000_000),
        ("name", 5),
        ("name", ["Ida"]),
        ("city", {"name": "Rome"}),
        ("tags", ["vip", 5]),
        ("tags", ["vip", None]),
        ("tags", {"vip": True}),
        ("email", "ida\ufffd@example.com"),
        ("externalId", "1.23457E+11"),
    ],
)
async def test_one_bad_value_costs_one_record(api: Api, field: str, value: Any) -> None:
    bad = {"externalId": "bad", field: value}
    records = [{"externalId": "a"}, bad, {"externalId": "b"}]
    data = await api.data(INGEST % ROW_ERRORS, {"i": {"records": records}})
    ingestion = data["customersIngest"]["ingestion"]
    assert (ingestion["accepted"], ingestion["rejected"]) == (2, 1)
    (error,) = ingestion["rowErrors"]["nodes"]
    assert (error["row"], error["field"], error["code"]) == (1, field, "INVALID")


async def test_a_bad_value_in_the_document_costs_one_record_too(api: Api) -> None:
    document = """mutation { ordersIngest(input: {records: [
      {externalId: "1", customerExternalId: "c", amount: 5, orderedAt: "2024-06-30"}
      {externalId: "2", customerExternalId: "c", amount: 5, orderedAt: "31/12/2024"}
      {externalId: "3", customerExternalId: "c", amount: "five", orderedAt: "2024-06-30"}
    ]}) { ingestion { accepted rejected rowErrors { nodes { field value } } } } }"""
    ingestion = (await api.data(document))["ordersIngest"]["ingestion"]
    assert (ingestion["accepted"], ingestion["rejected"]) == (1, 2)
    assert ingestion["rowErrors"]["nodes"] == [
        {"field": "orderedAt", "value": "31/12/2024"},
        {"field": "amount", "value": "five"},
    ]


async def test_the_same_bad_records_under_the_same_key_are_the_same_ingestion(api: Api) -> None:
    records = {"records": [{"externalId": "a", "signedUpAt": "x"}], "idempotencyKey": "k"}
    first = await api.data(INGEST % "id rejected", {"i": records})
    assert await api.data(INGEST % "id rejected", {"i": records}) == first


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        (
            "query($f: OrderFilter) { orders(filter: $f) { nodes { id } } }",
            {"f": {"orderedFrom": "31/12/2024"}},
        ),
        ('{ orders(filter: {orderedFrom: "31/12/2024"}) { nodes { id } } }', {}),
        ("query($d: DateTime) { orders(filter: {orderedFrom: $d}) { nodes { id } } }", {"d": "31/12/2024"}),
    ],
)
async def test_elsewhere_a_bad_date_is_refused(api: Api, document: str, variables: dict[str, Any]) -> None:
    body = await api.ask(document, variables)
    assert '"31/12/2024" is not a date' in body["errors"][0]["message"]


@pytest.mark.parametrize(
    ("bad", "field", "shown"),
    [
        ("visitCount: 1.5", "visitCount", "1.5"),
        ("visitCount: 99999999999", "visitCount", "99999999999"),
        ("visitCount: " + "9" * 5_000, "visitCount", "9" * 100),
        ('visitCount: "3"', "visitCount", "3"),
        ("name: 5", "name", "5"),
        ("name: IDA", "name", "IDA"),
        ("name: true", "name", "true"),
        ('city: ["Rome"]', "city", '["Rome"]'),
        ('city: {name: "Rome"}', "city", '{"name": "Rome"}'),
        ('tags: ["vip", 5]', "tags", '["vip", 5]'),
        ("tags: [VIP]", "tags", '["VIP"]'),
        ("signedUpAt: 2024", "signedUpAt", "2024"),
        ("totalSpend: 1e999999999", "totalSpend", "1E+999999999"),
        ("totalSpend: 0.00001", "totalSpend", "0.00001"),
    ],
)
async def test_a_literal_of_another_type_costs_one_record(api: Api, bad: str, field: str, shown: str) -> None:
    document = """mutation { customersIngest(input: {records: [
      {externalId: "a"} {externalId: "bad", %s}
      {externalId: "b", visitCount: 3.0, totalSpend: 99999999999.9999}
    ]}) { ingestion { %s } } }"""
    ingestion = (await api.data(document % (bad, ROW_ERRORS)))["customersIngest"]["ingestion"]
    assert (ingestion["accepted"], ingestion["rejected"]) == (2, 1)
    (error,) = ingestion["rowErrors"]["nodes"]
    assert (error["row"], error["field"], error["value"], error["code"]) == (1, field, shown, "INVALID")
    await apply_pending(api.resources)
    row = await api.resources.database.customers.find_one({"external_id": "b"})
    assert row is not None
    assert (row["visit_count"], row["total_spend"]) == (3, 999_999_999_999_999)


@pytest.mark.parametrize(
    ("type_", "value", "field"),
    [
        ("Int", 1.5, "quantity"),
        ("Int", "3", "quantity"),
        ("String!", 5, "customerExternalId"),
        ("Decimal!", "five", "amount"),
        ("DateTime!", "31/12/2024", "orderedAt"),
    ],
)
async def test_a_variable_of_another_type_costs_the_record_it_stands_in(
    api: Api, type_: str, value: Any, field: str
) -> None:
    plain = {"customerExternalId": '"c"', "amount": "5", "orderedAt": '"2024-06-30"', "quantity": "1"}
    given = ", ".join(f"{name}: {value}" for name, value in {**plain, field: "$v"}.items())
    document = ORDERS % (f"($v: {type_})", f'{{{ORDER}}} {{externalId: "2", {given}}}')
    ingestion = (await api.data(document, {"v": value}))["ordersIngest"]["ingestion"]
    assert (ingestion["accepted"], ingestion["rejected"]) == (1, 1)
    (error,) = ingestion["rowErrors"]["nodes"]
    assert (error["row"], error["field"], error["value"]) == (1, field, str(value))


async def test_a_variable_that_a_record_and_something_else_share_is_refused(api: Api) -> None:
    document = """mutation ($v: String) {
      customersIngest(input: {records: [{externalId: "a", name: $v}], source: $v}) { errors { code } } }"""
    body = await api.ask(document, {"v": 5})
    (error,) = body["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith("Variable '$v' has invalid value: String cannot represent")
    assert "data" not in body


@pytest.mark.parametrize(
    ("document", "variables", "message"),
    [
        (
            "mutation ($v: String!) { audienceDelete(input: {id: $v}) { deletedId } }",
            {"v": 5},
            "Variable '$v' of type 'String!' used in position expecting type 'ID!'.",
        ),
        (
            "mutation ($v: String!) { logout { errors(at: $v) { code } } }",
            {"v": 5},
            "Unknown argument",
        ),
        (
            "mutation ($v: String!) { apiKeyCreate(input: {name: $v, role: VIEWER}) { secret } }",
            {"v": 5},
            "Variable '$v' has invalid value: String cannot represent a non string value: 5",
        ),
        (
            "mutation ($v: String!) { apiKeyCreate(input: {name: $v, role: VIEWER}) { secret } }",
            {"v": None},
            "Variable '$v' has invalid value: Expected value of non-null type 'String!' not to be None.",
        ),
        (
            """mutation ($v: DateTime) {
              apiKeyCreate(input: {name: "n", role: VIEWER, expiresAt: $v}) { secret } }""",
            {"v": "31/12/2024"},
            "Variable '$v' has invalid value: \"31/12/2024\" is not a date",
        ),
        (
            """mutation ($v: Int) { customersIngest(input: {records: []}) {
              ingestion { rowErrors(first: $v) { totalCount } } } }""",
            {"v": 1.5},
            "Variable '$v' has invalid value: Int cannot represent non-integer value",
        ),
    ],
)
async def test_elsewhere_in_mutations_a_value_of_another_type_is_refused(
    api: Api, document: str, variables: dict[str, Any], message: str
) -> None:
    body = await api.ask(document, variables)
    assert message in body["errors"][0]["message"]
    assert "data" not in body


async def test_what_a_record_lacks_is_its_own_error(api: Api) -> None:
    document = ORDERS % (
        "",
        f'{{{ORDER}}} {{externalId: "2"}} {{externalId: null, customerExternalId: "c"}} {{amount: 5}}',
    )
    ingestion = (await api.data(document))["ordersIngest"]["ingestion"]
    assert (ingestion["accepted"], ingestion["rejected"]) == (1, 3)
    found = [(error["row"], error["field"], error["code"]) for error in ingestion["rowErrors"]["nodes"]]
    assert found == [
        (1, "customerExternalId", "REQUIRED"),
        (2, "externalId", "REQUIRED"),
        (3, "externalId", "REQUIRED"),
    ]


@pytest.mark.parametrize("record", [{"externalId": "a", "shoeSize": 40}, 5, None, ["a"]])
async def test_what_is_no_record_is_refused_as_a_request(api: Api, record: Any) -> None:
    body = await api.ask(INGEST % "id", {"i": {"records": [{"externalId": "b"}, record]}})
    assert "data" not in body
    assert "Variable '$i' has invalid value at .records[1]: " in body["errors"][0]["message"]


@pytest.mark.parametrize("record", ['{externalId: "a", shoeSize: 40}', "5", "null", '["a"]'])
async def test_a_literal_that_is_no_record_is_refused_as_a_document(api: Api, record: str) -> None:
    body = await api.ask(
        f"mutation {{ customersIngest(input: {{records: [{record}]}}) {{ errors {{ code }} }} }}"
    )
    assert "data" not in body
    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_values_that_only_look_alike_are_not_the_same_content(api: Api) -> None:
    for value in (5, "5"):
        records = {"records": [{"externalId": "a", "name": value}], "idempotencyKey": "k"}
        document = "mutation($i: CustomersIngestInput!) { customersIngest(input: $i) { errors { code } } }"
        errors = (await api.data(document, {"i": records}))["customersIngest"]["errors"]
        assert [error["code"] for error in errors] == ([] if value == 5 else ["CONFLICT"])


def test_the_schema_that_clients_see_has_the_types_of_records() -> None:
    printed = print_schema(executable_schema())
    assert "input OrderRecordInput {" in printed
    assert "  records: [OrderRecordInput!]!" in printed
    assert "  visitCount: Int\n" in printed
