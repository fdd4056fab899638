"""Storage on SQLite or PostgreSQL: rows, mapping, transactions; rows never leave this package."""
