"""What callers of sessions give and get, checked before anything is held or sent."""
