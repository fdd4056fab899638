"""Worked cases of other systems, vendors and standards, each run through the real core.

`pytest tests/corpus --corpus FOLDER` runs the cases of another folder of the same shape.
"""
