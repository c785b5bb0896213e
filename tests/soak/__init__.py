"""Bad days on a real cluster, at random and for as long as told."""
