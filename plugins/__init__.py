"""What others add to Jackfield: the hooks, the host that calls them one by one, and the built-in plugins."""
