"""Long work that the worker does while its page shows how far it is: it survives a closed browser and a dead worker."""
