"""What a session holds: its place within the bot's limit, and its turn's lease."""
