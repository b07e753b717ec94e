"""Would a resource policy allow a request, which statements say so, and the requests that CloudTrail makes."""
