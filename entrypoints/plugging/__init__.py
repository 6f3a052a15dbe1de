"""Plugins from the outside: found, allowed, given their settings, tried."""
