"""Pure rules of SMS conversations."""
