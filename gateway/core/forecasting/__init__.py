"""Forecasting: what a running period will come to, with a range, from the days before it."""
