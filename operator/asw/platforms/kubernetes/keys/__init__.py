"""The operator's keys, and what is signed with them: task tokens and seals."""
