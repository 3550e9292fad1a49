"""Break-glass: the sealed code with which an office whose administrators are all locked out gets back in."""
