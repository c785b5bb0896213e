"""What is removed once its time is over, and what a crash left behind."""
