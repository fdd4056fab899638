"""Re-rating: a billed period rated again with named changes, and how the difference is booked."""
