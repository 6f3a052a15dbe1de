"""Answers that are kept, and what was dropped of them."""
