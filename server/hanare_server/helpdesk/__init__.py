"""The help desk: why somebody cannot sign in, and what to do about it."""
