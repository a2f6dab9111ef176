"""Tests of opens and clicks."""
