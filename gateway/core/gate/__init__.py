"""The gate before every invoice: what is compared, what holds, and the review that lets it go on."""
