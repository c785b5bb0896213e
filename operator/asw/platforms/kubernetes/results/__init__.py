"""The result server: what tasks report and fetch."""
