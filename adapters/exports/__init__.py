"""Places that a prompt's metadata is exported to: files and URLs."""
