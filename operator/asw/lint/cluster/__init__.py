"""What files say against what a cluster has: ``asw validate --cluster``.

``references`` and ``judging`` are pure; ``asking`` alone speaks to the cluster.
"""
