"""HTTP of dispatch: bureaus' feed, updates and webhooks; what operators read and do."""
