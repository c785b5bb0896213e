"""When something is due, and what to start then: pure decisions, without clock or cluster."""
