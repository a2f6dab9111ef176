"""Prices of fields and sizes of lists, by which the costs of operations are reckoned."""

from __future__ import annotations

PAGE = 10
"""Reading a page: one query to MongoDB, beside its fields."""
WRITE = 50
"""A mutation: a transaction, or a few guarded updates."""
RECORD = 10
"""Each item of a list in a mutation's input: to check it and to store it."""
SCHEMA = 100
"""A root field of introspection, with all that is below it."""

WEIGHTS = {
    "Connection.totalCount": 100,
    "Audience.size": 100,
    "AudiencePreview.size": 100,
    "AudiencePreview.reachable": 100,
    "AudiencePreview.sample": 100,
    # Evaluates each part of a rule, and each part of that.
    "Query.audienceExplain": 50,
    # Each counts a rule, or does up to a thousand customers before it answers.
    "Mutation.customersTag": 500,
    "Mutation.groupMembersAdd": 500,
    "Mutation.groupMembersRemove": 500,
    # Counts a rule, or looks up to a thousand customers.
    "Mutation.exportCreate": 500,
    # Reads the rules of all audiences.
    "Mutation.groupDelete": 200,
    # A dozen counts, and the orders of two months.
    "Query.insights": 40_000,
    # Aggregations over all customers, or all orders of a rule's; identical ones are worked out once.
    "Query.customerStats": 10_000,
    "Query.report": 10_000,
    "Query.usage": 1_000,
    # Of many in a list most are quick.
    "SavedReport.report": 1_000,
    # Each hashes a password, on purpose for 50 ms.
    "Mutation.login": 500,
    "Mutation.register": 500,
    "Mutation.passwordSet": 500,
    "Mutation.passwordChange": 1_000,
    # Each parses a message and renders it for two made-up customers: 35 ms at the most.
    "Mutation.campaignCreate": 350,
    "Mutation.campaignUpdate": 350,
    "Mutation.campaignLaunch": 350,
    "Query.messagePreview": 400,
    "Query.campaignPreview": 400,
    # Counts the audience, looks for one customer with each value, and parses the message and its HTML.
    "Query.campaignCheck": 2_000,
    # Renders, and waits for a vendor.
    "Mutation.campaignTest": 1_000,
    "Mutation.campaignSchedule": 350,
    # Counts for at most three seconds.
    "Campaign.failures": 100,
    # A few documents of hundreds of points, folded.
    "Campaign.timeline": 20,
    # The counts of at most 200 links.
    "Campaign.links": 20,
    # A model may be waited for, 20 s at the most, and costs money: few of them in one request.
    "Mutation.ruleSuggest": 5_000,
    "Mutation.messagesSuggest": 5_000,
    "Mutation.campaignSummarize": 5_000,
    # Counts the customers whose value does not fit; reads every rule and message.
    "Mutation.customFieldUpdate": 100,
    "Mutation.customFieldDelete": 100,
    "RuleSuggestion.size": 100,
    # A page of each of six sources, merged.
    "Customer.timeline": 60,
    # Reads the counts of all campaigns of the audience.
    "Audience.stats": 20,
    # One more read, for ten of those who share it.
    "Duplicate.customers": 20,
    # One render, 5 ms at the most; all of a delivery share it.
    "Delivery.subject": 50,
    "Delivery.body": 50,
    "Delivery.html": 50,
}
"""Fields that count rows, look through many for a few, hash or render: about 10 for a millisecond.
`Connection` stands for every connection."""

PAGED = frozenset(
    {"Connection.nodes", "Connection.edges", "AudiencePreview.sample", "CustomersUpdatePayload.customers"}
)
"""Lists whose length an argument of the field above them decides."""
AS_MANY_AS_GIVEN = frozenset({"CustomersUpdatePayload"})
"""Payloads with an object for each item of the input's list."""
PAGE_ARGUMENTS = frozenset({"first", "last", "sampleSize"})
SAMPLE_SIZE = 10

LISTS = {
    "Query.apiKeys": 50,
    "Query.channels": 3,
    "Query.customFields": 20,
    "CustomFieldDeletePayload.usedBy": 20,
    "Query.importFields": 30,
    "Query.importMappings": 50,
    "Query.insights": 20,
    "Query.ruleFields": 20,
    # Fifty of one's own, and as many that others share; more are rare.
    "Query.savedReports": 30,
    "Query.savedViews": 100,
    "Query.sessions": 20,
    "Query.templateFields": 20,
    "Query.topics": 20,
    "Query.trackingDefaults": 3,
    "Query.whatsappTemplates": 100,
    "WhatsappTemplate.parameterNames": 5,
    # Topics by channels of which something was said.
    "Customer.consents": 20,
    "Customer.suppressions": 3,
    "Duplicate.customers": 10,
    "SuppressionsCreatePayload.suppressions": 100,
    "ImportMapping.columns": 20,
    "ImportPreview.columns": 20,
    "ImportPreview.rowErrors": 20,
    "Ingestion.columns": 20,
    "Ingestion.rowErrorCounts": 10,
    "AudienceCreatePayload.warnings": 1,
    "AudienceUpdatePayload.warnings": 1,
    "CampaignCreatePayload.warnings": 40,
    "CampaignLaunchPayload.warnings": 40,
    "CampaignUpdatePayload.warnings": 40,
    "Campaign.failures": 50,
    "Campaign.timeline": 500,
    "Campaign.links": 100,
    "Campaign.attachments": 10,
    "Campaign.variants": 10,
    "Query.campaignCheck": 40,
    "WhatsappMessage.parameters": 10,
    "MessagePreview.parameters": 10,
    "MessagePreview.pictures": 10,
    "MessagePreview.warnings": 40,
    "MessagesSuggestPayload.suggestions": 5,
    "CustomerStats.customersByMonth": 120,
    "CustomerStats.spendHistogram": 14,
    "CustomerStats.topCountries": 10,
    # 100 by default; 1,000 at most, of plain values.
    "Report.rows": 200,
    "RuleField.operators": 16,
    # Groups.
    "RuleField.choices": 100,
    "RuleExplanation.nodes": 200,
    "AudiencePreview.reachable": 3,
    "DeliveryUpdate.deliveries": 500,
}
"""What other lists of objects may hold."""
OTHER_LIST = 10
