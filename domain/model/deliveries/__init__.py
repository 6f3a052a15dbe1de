"""Deliveries: what a destination answers, when it is tried again, and what is kept of it."""
