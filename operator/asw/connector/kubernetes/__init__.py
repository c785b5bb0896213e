"""Kubernetes as a service: ``eks:call``, ``eks:runJob`` and our own ``asw:k8s:`` forms.

It gets a call and how the API server is reached. It knows neither executions nor the operator, and
acts as whoever the caller is: a user's kubeconfig context, or the service account of a pod.
"""
