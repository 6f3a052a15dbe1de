"""The simulated platform: state and rules, one module a capability."""
