"""Which version a unit gets, and the key of its pins."""
