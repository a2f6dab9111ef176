"""Tests of what people set for all of the deployment."""
