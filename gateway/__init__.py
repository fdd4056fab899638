"""Usage-billing gateway: meters, rates, reconciles and invoices usage."""
