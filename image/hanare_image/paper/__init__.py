"""What is printed for people at home: labels for sticks, and the leaflet. Nothing on it is secret."""
