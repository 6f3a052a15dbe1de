"""Stories that show what Jackfield does, on the embedded simulator and a moved clock."""
