"""Would a resource policy allow a request, and which statements say so."""
