"""Ends: closed by us, told by the platform's notices, caught up with afterwards, or recovered."""
