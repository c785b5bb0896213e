"""The API server: connection, credentials, requests, errors, watches."""
