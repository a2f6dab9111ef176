"""The GraphQL face of consents: topics, words, suppressions, and campaigns that are about a topic."""

from __future__ import annotations

from typing import Any

from crm_graphql.core.ids import encode_id
from crm_graphql.customers.words import ConsentStatus
from tests.consents.factories import close, make_people, make_topic, said
from tests.delivery.factories import make_audience
from tests.gql.conftest import Api

CREATE = """mutation ($topic: ID, $audience: ID!) { campaignCreate(input: {name: "May", audienceId: $audience,
  channel: EMAIL, topicId: $topic, message: {subject: "Hi", body: "Hi"}}) {
  campaign { id topic { name } } errors { path code } } }"""
UPDATE = """mutation ($id: ID!, $topic: ID) { campaignUpdate(input: {id: $id, topicId: $topic}) {
  campaign { topic { name } } errors { path code } } }"""
LAUNCH = """mutation ($id: ID!) { campaignLaunch(input: {id: $id}) {
  campaign { status } errors { path code message } } }"""
DELETE = "mutation ($id: ID!) { topicDelete(input: {id: $id}) { deletedId errors { code message } } }"
TOPIC = """mutation ($name: String!) { topicCreate(input: {name: $name, isOptOut: false}) {
  topic { id slug isOptOut } errors { path code } } }"""


async def test_a_topic_is_made_renamed_listed_and_fetched_again(api: Api) -> None:
    made = (await api.data(TOPIC, {"name": "Order updates"}))["topicCreate"]["topic"]
    assert (made["slug"], made["isOptOut"]) == ("order_updates", False)
    again = (await api.data(TOPIC, {"name": "order UPDATES"}))["topicCreate"]
    assert again["errors"] == [{"path": ["name"], "code": "ALREADY_EXISTS"}]
    renamed = await api.data(
        'mutation ($id: ID!) { topicUpdate(input: {id: $id, name: "Parcels"}) { topic { name } } }',
        {"id": made["id"]},
    )
    assert renamed["topicUpdate"]["topic"] == {"name": "Parcels"}
    found = await api.data(
        "query ($id: ID!) { topics { name } node(id: $id) { __typename id } }", {"id": made["id"]}
    )
    assert found == {"topics": [{"name": "Parcels"}], "node": {"__typename": "Topic", "id": made["id"]}}


async def test_a_customer_shows_what_was_said_and_what_is_closed(api: Api) -> None:
    (ida,) = await make_people({"email": "Ida@example.com"})
    topic = await make_topic(api.resources)
    for status in (ConsentStatus.SUBSCRIBED, ConsentStatus.UNSUBSCRIBED):
        await said(api.resources, ida, topic, status)
    await close(api.resources, "ida@example.com")
    answer = await api.data(
        """query ($id: ID!) { customer(by: {id: $id}) {
          consents { topic { name } channel status source }
          consentHistory(first: 1) { nodes { status } totalCount pageInfo { hasNextPage } }
          suppressions { channel address reason } } }""",
        {"id": encode_id("Customer", ida)},
    )
    assert answer["customer"] == {
        "consents": [
            {"topic": {"name": "News"}, "channel": "EMAIL", "status": "UNSUBSCRIBED", "source": "api"}
        ],
        "consentHistory": {
            "nodes": [{"status": "UNSUBSCRIBED"}],
            "totalCount": 2,
            "pageInfo": {"hasNextPage": True},
        },
        "suppressions": [{"channel": "EMAIL", "address": "ida@example.com", "reason": "MANUAL"}],
    }


async def test_suppressions_come_in_their_order_each_with_its_own_outcome(api: Api) -> None:
    answer = await api.data(
        """mutation { suppressionsCreate(input: {channel: EMAIL, addresses: ["A@example.com", "no"]}) {
          suppressions { address } errors { path } } }"""
    )
    made = answer["suppressionsCreate"]
    assert made == {
        "suppressions": [{"address": "a@example.com"}, None],
        "errors": [{"path": ["addresses", "1"]}],
    }
    listed = await api.data('{ suppressions(search: "a@") { nodes { id address } totalCount } }')
    assert listed["suppressions"]["totalCount"] == 1
    key = listed["suppressions"]["nodes"][0]["id"]
    gone = await api.data(
        "mutation ($id: ID!) { suppressionDelete(input: {id: $id}) { deletedId errors { code } } }",
        {"id": key},
    )
    assert gone["suppressionDelete"] == {"deletedId": key, "errors": []}


async def test_a_campaign_names_a_topic_that_stays_while_it_has_not_ended(api: Api) -> None:
    topic = await make_topic(api.resources)
    variables: dict[str, Any] = {
        "topic": encode_id("Topic", topic["_id"]),
        "audience": encode_id("Audience", await make_audience()),
    }
    made = (await api.data(CREATE, variables))["campaignCreate"]["campaign"]
    assert made["topic"] == {"name": "News"}
    kept = (await api.data(DELETE, {"id": variables["topic"]}))["topicDelete"]
    assert kept["errors"][0]["code"] == "WRONG_STATE"
    assert "May" in kept["errors"][0]["message"]
    cleared = (await api.data(UPDATE, {"id": made["id"], "topic": None}))["campaignUpdate"]["campaign"]
    assert cleared["topic"] is None
    assert (await api.data(DELETE, {"id": variables["topic"]}))["topicDelete"]["errors"] == []
    refused = (await api.data(UPDATE, {"id": made["id"], "topic": variables["topic"]}))["campaignUpdate"]
    assert refused["errors"] == [{"path": ["topicId"], "code": "INVALID"}]


async def test_a_draft_whose_topic_is_gone_is_not_launched(api: Api) -> None:
    topic = await make_topic(api.resources)
    variables = {
        "topic": encode_id("Topic", topic["_id"]),
        "audience": encode_id("Audience", await make_audience()),
    }
    made = (await api.data(CREATE, variables))["campaignCreate"]["campaign"]
    gone = {"$set": {"deleted_at": topic["created_at"], "name_key": None}}
    await api.resources.database.topics.update_one({"_id": topic["_id"]}, gone)
    launched = (await api.data(LAUNCH, {"id": made["id"]}))["campaignLaunch"]
    assert [(error["path"], error["code"]) for error in launched["errors"]] == [(["topicId"], "INVALID")]
    assert launched["campaign"] is None


async def test_a_launched_campaign_keeps_the_topic_as_it_was(api: Api) -> None:
    topic = await make_topic(api.resources, is_opt_out=False)
    variables = {
        "topic": encode_id("Topic", topic["_id"]),
        "audience": encode_id("Audience", await make_audience()),
    }
    made = (await api.data(CREATE, variables))["campaignCreate"]["campaign"]
    assert (await api.data(LAUNCH, {"id": made["id"]}))["campaignLaunch"]["errors"] == []
    row = await api.resources.database.campaigns.find_one({})
    assert row is not None
    assert row["topic"] == {"id": topic["_id"], "slug": "news", "is_opt_out": False}
