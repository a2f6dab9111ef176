"""Accounts in the GraphQL schema."""

from crm_graphql.accounts.schema.admin_mutations import (
    api_key_create,
    api_key_revoke,
    user_create,
    user_password_reset,
    user_update,
)
from crm_graphql.accounts.schema.queries import api_keys, server_info, sessions, users, viewer
from crm_graphql.accounts.schema.sign_in_mutations import (
    login,
    logout,
    password_change,
    password_set,
    refresh,
    register,
    session_revoke,
    sessions_revoke_others,
)

QUERIES = (server_info, viewer, sessions, users, api_keys)
MUTATIONS = (
    register,
    login,
    refresh,
    logout,
    password_change,
    password_set,
    session_revoke,
    sessions_revoke_others,
    user_create,
    user_update,
    user_password_reset,
    api_key_create,
    api_key_revoke,
)
