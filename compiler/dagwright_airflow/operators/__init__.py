"""The operators that run in a worker."""
