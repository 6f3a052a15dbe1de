"""The core behind HTTP: operations, who may call them, and how they are served."""
