"""Customers and their subscriptions through time."""
