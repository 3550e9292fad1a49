"""What the worker sees: screens as values, drawn by GTK 4 on labwc; the agent decides everything."""
