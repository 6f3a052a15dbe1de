"""Changes around one call to the platform: intend, call, settle; and what must hold before."""
