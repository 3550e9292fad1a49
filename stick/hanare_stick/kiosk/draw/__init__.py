"""The only place that knows GTK: draws a state, and turns keys and clicks into acts."""
