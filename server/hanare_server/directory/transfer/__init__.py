"""The directory in and out by CSV: the text, the plan of an import with its faulty rows, the kinds, the pages."""
