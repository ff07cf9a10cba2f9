"""The first look: one centred difference along a random direction, which may certify and never condemns."""
