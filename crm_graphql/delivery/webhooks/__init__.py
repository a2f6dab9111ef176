"""The doors by which vendors tell what became of messages: `POST /webhooks/{vendor}`.

- `port`: what a door is, the notices that it reads, and what it may use.
- `choose`: every door by its name, the one place where a new one is named.
- `codes`: what a mail server's refusal says about the address, the message, or us.
- `ses`: notices of Amazon SES, by `sns`.
- `twilio`: what becomes of SMS, and what people reply to them; `twilio_signature` tells Twilio from others.
- `standard`: receipts in the product's own form, signed as Standard Webhooks are.
"""
