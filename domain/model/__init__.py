"""Values and pure rules; attrs and the standard library only."""
