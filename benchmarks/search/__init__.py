"""Memory and time of one long search on two workers."""
