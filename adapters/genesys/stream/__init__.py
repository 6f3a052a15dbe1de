"""The stream of answers: frames, one socket for many conversations, and the thread that hears it."""
