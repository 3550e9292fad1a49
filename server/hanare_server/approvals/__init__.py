"""Who may loosen: requests that a second person approves, and large stops that a second person confirms."""
