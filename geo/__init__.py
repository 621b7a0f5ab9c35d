"""What touches the world: reading, cleaning, locating, keeping and writing."""
