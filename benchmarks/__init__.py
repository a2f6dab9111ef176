"""One question a file; the answers are in BENCHMARKS.md."""
