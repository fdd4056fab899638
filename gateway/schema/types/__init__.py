"""The types of the GraphQL schema, by topic: fields, and how they are made from core values."""
