"""A turn of the customer: evaluated, decided, recorded once, and what follows from it."""
