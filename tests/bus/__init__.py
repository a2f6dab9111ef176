"""Tests of the bus: one contract, two adapters."""
