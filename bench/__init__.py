"""What Hanare costs: each bench prints a table and writes rows of figures to bench/results/."""
