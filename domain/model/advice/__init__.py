"""Advice for a human agent: what is asked, what is good enough, what was shown, and what became of it."""
