"""What speaks HTTP: granian, or waitress where it cannot be installed; both in this process."""
