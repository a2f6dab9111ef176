"""Files as people have them: read, mapped, and made rows."""
