"""From the bot to people and back: by hand or by a turn's decision, told to the platform once."""
