"""From a resolution to the decision event and its explanation."""
