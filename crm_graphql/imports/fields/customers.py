"""Fields of customers."""

from __future__ import annotations

from crm_graphql.imports.fields.field import MAIL, PHONE, ImportField, names

CUSTOMERS = (
    ImportField(
        "customer_id",
        "Customer id",
        "Your own key of the customer. A file without this column is keyed by e-mail, a row of it without an "
        "address by telephone number.",
        names(
            "externalId, External Customer Id, Customer Number, Customer No, Customer Nr, Client Id, "
            "Client Number, Contact Id, User Id, Member Id, Subscriber Id, Kundennummer, Kunden-Nr"
        ),
        "c-1001",
    ),
    ImportField(
        "name",
        "Name",
        "The full name.",
        names("Full Name, Customer Name, Contact Name, Client Name, Display Name, Kundenname"),
        "Ida Nordby",
    ),
    ImportField(
        "first_name",
        "First name",
        "Makes the name together with the last name, where no column brings the whole.",
        names("Given Name, Forename, FName, Billing First Name, Vorname, Prénom"),
        "Ida",
    ),
    ImportField(
        "last_name",
        "Last name",
        "Makes the name together with the first name, where no column brings the whole.",
        names("Surname, Family Name, LName, Billing Last Name, Nachname, Familienname, Nom de famille"),
        "Nordby",
    ),
    ImportField(
        "email",
        "E-mail",
        "One address.",
        (*names(MAIL), "Customer Email", "Primary Email", "User Email", "Correo electrónico", "Courriel"),
        "ida@example.com",
    ),
    ImportField(
        "phone",
        "Telephone",
        "With + and the country's code; a number in national form is one of the option country.",
        (*names(PHONE), "Primary Phone", "WhatsApp Number"),
        "+47 22 00 00 02",
    ),
    ImportField(
        "city",
        "City",
        "The town or city.",
        names("Town, City/Town, Town/City, Billing City, Ort, Stadt, Wohnort, Ville, Ciudad"),
        "Oslo",
    ),
    ImportField(
        "country",
        "Country",
        "The country by any usual name, or its code in ISO 3166-1.",
        names("Country Code, Country/Region, Country Name, Billing Country, Land, Pays, País"),
        "NO",
    ),
    ImportField(
        "time_zone",
        "Time zone",
        "The IANA name of the zone where the person lives; quiet hours go by it.",
        names("timeZone, Timezone, IANA Time Zone, Zeitzone, Fuseau horaire, Zona horaria"),
        "Europe/Oslo",
    ),
    ImportField(
        "tags",
        "Tags",
        "Several separated by a comma or semicolon; several columns add up.",
        names("Tag, Labels, Label, Customer Tags, Schlagwörter"),
        "vip; wholesale",
    ),
    ImportField(
        "total_spend",
        "Total spend",
        "What the customer spent in all. Leave it out where an orders file of the same shop comes too.",
        names(
            "total_spends, totalSpend, Total Spent, Amount Spent, Money Spent, Lifetime Value, LTV, "
            "Lifetime Spend, Customer Lifetime Value, Total Revenue, opening_total_spend"
        ),
        "1250.00",
    ),
    ImportField(
        "visit_count",
        "Visits",
        "How often the customer bought. Leave it out where an orders file of the same shop comes too.",
        names(
            "visitCount, Visits, Number of Visits, Orders, Order Count, Orders Count, Total Orders, "
            "Number of Orders, Purchases, Purchase Count, opening_visit_count"
        ),
        "4",
    ),
    ImportField(
        "last_visit_at",
        "Last visit",
        "When the customer last bought.",
        names(
            "last_visit_date, lastVisitAt, Last Visit, Last Order, Last Order Date, Last Purchase, "
            "Last Purchase Date, Last Seen, Last Seen At, opening_last_visit_at"
        ),
        "2024-06-30",
    ),
    ImportField(
        "signed_up_at",
        "Signed up",
        "When the customer became one.",
        names(
            "signedUpAt, Signed Up, Sign Up Date, Registered, Registered At, Registration Date, "
            "Date Registered, Created, Created At, Date Created, Create Date, Created Date, Creation Date, "
            "Customer Since, Member Since, Joined, Joined At, Join Date, Date Joined, Date Added"
        ),
        "2023-01-15",
    ),
    ImportField(
        "is_tracked",
        "Tracked",
        "no: whether this person opens messages and clicks in them is not recorded.",
        names("isTracked, Tracking, Track Opens and Clicks"),
        "yes",
    ),
    ImportField(
        "source_id",
        "Id in the shop",
        "The id in the shop or list that the file comes from, to search by; several as a JSON list.",
        names("sourceId, source_ids, Id, Record Id"),
        "7000000000001",
    ),
    ImportField(
        "consents",
        "Consents",
        "In JSON: a list of objects with topic, channel, status and at.",
        names("Consent List"),
        '[{"topic": "News", "channel": "EMAIL", "status": "SUBSCRIBED"}]',
    ),
    ImportField(
        "custom",
        "Custom fields",
        "In JSON: an object of values by the fields' keys. A column of a table is headed custom.<key>.",
        names("customFields"),
        '{"loyalty_points": 120}',
    ),
    ImportField(
        "metadata",
        "Metadata",
        "In JSON: an object of any values by their keys.",
        (),
        '{"crm": {"owner": "kim"}}',
    ),
    ImportField(
        "email_consent",
        "Consent to e-mail",
        "yes, no, subscribed, unsubscribed, pending, cleaned, bounced or complained.",
        names(
            "Accepts Email Marketing, Accepts Marketing, Email Marketing Consent, Email Marketing Status, "
            "Email Opt In, Email Subscribed, Email Permission, Newsletter, Newsletter Opt In, Opt In, "
            "Opted In, Subscribed, Is Subscribed, Subscription Status, Consent, Marketing Consent, "
            "Marketing Opt In"
        ),
        "yes",
    ),
    ImportField(
        "email_consent_at",
        "Consent to e-mail since",
        "When the word on e-mail was said.",
        names(
            "Email Marketing Consent Timestamp, Email Consent Timestamp, Optin Time, Opt In Date, "
            "Confirm Time, Confirmed At, Consent Date, Consented At, Subscribed At, Subscription Date"
        ),
        "2024-03-16 14:40:47",
    ),
    ImportField(
        "email_opt_out",
        "Left e-mail",
        "yes, a date or a reason: the address is not written to. no, or an empty cell, says nothing.",
        names(
            "Unsubscribed, Unsubscribed At, Unsub Time, Unsubscribed from all email, Opt Out, Opted Out, "
            "Do Not Email, Email Suppressions, Bounced, Hard Bounced, Cleaned, Clean Time"
        ),
        "no",
    ),
    ImportField(
        "sms_consent",
        "Consent to SMS",
        "As the consent to e-mail.",
        names(
            "Accepts SMS Marketing, SMS Marketing Consent, SMS Marketing Status, SMS Opt In, SMS Subscribed"
        ),
        "no",
    ),
    ImportField(
        "sms_consent_at",
        "Consent to SMS since",
        "When the word on SMS was said.",
        names("SMS Marketing Consent Timestamp, SMS Consent Timestamp, SMS Opt In Date"),
        "2024-03-16",
    ),
    ImportField(
        "sms_opt_out",
        "Left SMS",
        "As for e-mail.",
        names("SMS Unsubscribed, SMS Opted Out, SMS Suppressions, Do Not Text"),
        "no",
    ),
    ImportField(
        "whatsapp_consent",
        "Consent to WhatsApp",
        "As the consent to e-mail.",
        names("Accepts WhatsApp Marketing, WhatsApp Marketing Consent, WhatsApp Opt In"),
        "yes",
    ),
    ImportField(
        "whatsapp_consent_at",
        "Consent to WhatsApp since",
        "When the word on WhatsApp was said.",
        names("WhatsApp Marketing Consent Timestamp, WhatsApp Opt In Date"),
        "2024-03-16",
    ),
)
