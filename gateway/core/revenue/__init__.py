"""Revenue: what of a document is earned by a day, and what the books say of it. ASC 606, IFRS 15."""
