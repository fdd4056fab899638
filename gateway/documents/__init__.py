"""Invoices and credit notes to read, print and keep: what one says, and how it looks as HTML and as PDF."""
