"""Who does something in a world: each a walk over one service. An act returns in a word what came of it."""
