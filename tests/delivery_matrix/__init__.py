"""Deliveries whose worker is killed at every point while the network fails, with the vendors' own SDKs.

Each cell of the matrix is one delivery: where its worker ends, what is wrong with the network then or afterwards, and
whether the vendor has forgotten its idempotency keys before anyone comes back. At the end there is one document.
"""
