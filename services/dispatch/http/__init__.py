"""HTTP of dispatch: bureaus' feed, their updates, and the administration of their webhooks."""
