"""Files of rows: what a file is written in, and its rows as cells, whatever that is."""
