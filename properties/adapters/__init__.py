"""How a subject of each kind is called, and what can be found out about it."""
