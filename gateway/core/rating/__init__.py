"""Rating: what a quantity costs, exactly, and how the amount came about."""
