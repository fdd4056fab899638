"""The GraphQL schema: types with `from_core`, inputs with `to_core`, resolvers of a few lines."""
