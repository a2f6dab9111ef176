"""Orders: what a customer bought, or got back, and when."""
