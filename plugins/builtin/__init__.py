"""The plugins that come with Jackfield; they take the same hooks as any other."""
