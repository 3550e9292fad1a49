"""The JSON API for programs of the organisation: `/api/v1`, bearer tokens with scopes, the console's own functions."""
