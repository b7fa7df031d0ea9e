"""A runner of the vectors in `tests/vectors`, written from their README."""
