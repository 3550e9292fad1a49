"""Console accounts: who has which role and which rows; and the organisations that a provider looks at."""
