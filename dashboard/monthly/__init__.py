"""月报: reports as issued, frozen when they are signed and revised openly when the data behind them change."""
