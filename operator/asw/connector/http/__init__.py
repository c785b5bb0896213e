"""Calls of HTTPS APIs (``http:invoke``): requests, authorization, answers, and who sends them."""
