"""The use cases: load, call the core, save, enqueue; one file per verb phrase."""
