"""Definitions as documents of plain values: read with every fault and its path, written with nothing left out."""
