"""The query fields of the GraphQL schema, by topic."""
