"""The desk over HTTP: contacts as the console reports them."""
