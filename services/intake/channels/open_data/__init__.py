"""Open data: files of public requests by month, written nightly and served."""
