"""Real servers for the tests, private to each test run."""
