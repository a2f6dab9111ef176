"""The subcommands of `crm`, a module each; `crm_graphql.cli` loads the one that is asked for."""
