"""The API from outside, as the command line speaks to it: GraphQL, subscriptions, uploads."""
