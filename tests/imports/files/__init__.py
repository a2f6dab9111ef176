"""Files of any kind, read to cells."""
