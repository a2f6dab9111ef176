"""The GraphQL schema of tracking: what is known of the links of campaigns."""
