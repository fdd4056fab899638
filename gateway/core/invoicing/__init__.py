"""Invoicing: from the counts of a boundary to a document, and what is given back of it."""
