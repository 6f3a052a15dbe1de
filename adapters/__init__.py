"""The outside, one package a technology; adapters do not know one another."""
