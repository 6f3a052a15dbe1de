"""Conversations with assistants: messages, the window they must fit, examples, and answers in pieces."""
