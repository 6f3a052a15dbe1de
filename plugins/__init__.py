"""The place of hook specifications and built-in plugins; the host comes with the next release."""
