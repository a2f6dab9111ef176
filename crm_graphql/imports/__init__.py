"""Files as people have them: what a file is, which column is which field, its cells as values."""
