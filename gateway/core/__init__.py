"""The domain: values and pure functions on the standard library alone; no I/O, no clock, no randomness, no float."""
