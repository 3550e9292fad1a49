"""Commands of the sealed code."""
