"""What is watched, and how it gets to who watches: shared feeds, and outboxes that no slow reader fills."""
