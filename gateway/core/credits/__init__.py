"""Credits: grants, wallets, and the order in which value is used."""
