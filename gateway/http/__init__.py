"""Everything that speaks HTTP: ingest, GraphQL, health, metrics and the pages."""
