"""The audit, as an admin reads it."""
