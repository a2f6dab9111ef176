"""Reading bodies of each format piece by piece, in constant memory, into rows."""
