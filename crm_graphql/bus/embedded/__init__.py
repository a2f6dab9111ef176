"""The bus of one process, over MongoDB."""
