"""What authors of adapters test them with: contract suites and the values that these use."""
