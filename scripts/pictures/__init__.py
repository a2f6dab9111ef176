"""Pictures of the dashboard for its readers: `make pictures`."""
