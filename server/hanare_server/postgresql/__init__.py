"""Django's PostgreSQL with a look instead of a question before each request; Django finds `base` by its name."""
