"""E-mail as bytes: addresses, headers and parts, and the signature over them. It knows no vendor."""
