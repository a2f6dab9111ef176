"""WhatsApp's Cloud API as a vendor: one call a message, budgets kept before it, statuses as receipts."""
