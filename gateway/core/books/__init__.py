"""The books of a legal entity: its accounts, its accounting periods and what they add up to."""
