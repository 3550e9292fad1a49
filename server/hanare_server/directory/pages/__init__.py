"""The directory's pages: lists, a page per thing with its history, forms, and acts on many at once."""
