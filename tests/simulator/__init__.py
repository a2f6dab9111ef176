"""The vendor simulator, and its client, over real HTTP."""
