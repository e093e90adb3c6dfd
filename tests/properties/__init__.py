"""Properties that hold whatever is delivered."""
