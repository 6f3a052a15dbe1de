"""Virtual agent sessions: their life, when people take over, what they are told, and what came of it."""
