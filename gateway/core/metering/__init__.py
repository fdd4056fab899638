"""Metering: how events become quantities, counted live and a second time from the log."""
