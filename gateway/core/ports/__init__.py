"""What the services ask of storage, of the clock and of ids; the adapters implement these Protocols."""
