"""The mutations of the GraphQL schema, by topic."""
