"""HTTP outside GraphQL: request ids, security headers, cookies, health, metrics, doors for plain requests."""
