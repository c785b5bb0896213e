"""The connector: makes the calls of services that Task states name, today those of AWS.

It gets a call and what is known of the service's place, and gives a result or a failure. It knows
neither executions nor Kubernetes nor stores; whoever runs it says when and for whom.
"""
