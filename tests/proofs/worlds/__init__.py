"""Worlds of the seeded simulation: one seed makes a platform, its customers, their luck and all disasters."""
