"""Users in and out by CSV: the text, the plan of an import with its faulty rows, the pages."""
