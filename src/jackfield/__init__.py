"""Jackfield: a core for running AI on Genesys Cloud contact centers."""
