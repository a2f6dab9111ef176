"""Audience rules: read, evaluated, compiled, described, counted."""
