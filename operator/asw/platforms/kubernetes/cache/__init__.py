"""What the watches showed, in memory."""
