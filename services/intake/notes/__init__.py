"""Notes: more words about a request that intake accepted before."""
