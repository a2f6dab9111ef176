"""Streams of what is watched: shared feeds, and outboxes that no slow reader fills."""
