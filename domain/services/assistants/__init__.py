"""Asking assistants: a prompt's version, examples and history that fit, and an answer in pieces."""
