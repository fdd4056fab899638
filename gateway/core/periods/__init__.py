"""Periods: spans of time in people's zones, and which share of them a part is."""
