"""The deployment as its people set it: name, time zone, country, and how messages behave.

The environment (`core/settings`) has the defaults; what is set here is stored in one document and goes before
them. `live` holds both together in each process: `Resources.settings` asks it each time.
"""
