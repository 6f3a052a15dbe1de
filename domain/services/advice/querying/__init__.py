"""Queries: answered from what is kept, from whoever asks the same now, or by the platform."""
