"""Who may act where: the Lease of a replica and the claims of an installation."""
