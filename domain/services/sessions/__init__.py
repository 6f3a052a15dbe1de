"""Virtual agent sessions: admitted, turned, handed to people, closed, and told of when they end."""
