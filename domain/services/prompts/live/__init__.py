"""What is live: from memory, our record, the last that was known, or a fallback."""
