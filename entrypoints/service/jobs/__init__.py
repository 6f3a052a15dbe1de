"""What a service does beside its requests, under leases: of several replicas one does it."""
