"""What developers need around the product and nothing that ships with it."""
