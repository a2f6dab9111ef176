"""Who did what, when, from where, and whether it succeeded: written once, never changed."""
