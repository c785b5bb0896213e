"""What each template gives on its default input, wherever it runs."""

OUTPUTS = {
    "hello": {"greeting": "Hello, World!"},
    "nodejs": {"status": "priced", "total": 15},
    "etl": {"files": 2, "rows": 3, "amount": 22, "leftOut": ["south.csv"]},
    "approval": {"done": "a desk", "approvedBy": "the manager"},
    "fan-out": {"best": {"shop": "south", "price": 35}, "reviews": 5, "stars": 3.6},
    "saga": {
        "trip": "Lisbon",
        "hotel": {"booking": "hotel-Lisbon"},
        "flight": {"booking": "flight-Lisbon"},
        "car": {"booking": "car-Lisbon"},
    },
}
