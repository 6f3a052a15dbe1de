"""What the ledger has of sessions: states and events, and what is read off them."""
