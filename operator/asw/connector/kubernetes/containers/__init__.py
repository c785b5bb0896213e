"""Tasks of Amazon ECS and jobs of AWS Batch as Jobs of Kubernetes, without AWS.

``templates`` makes a Job of a CronJob and what the call overrides, ``jobs`` creates, reads and
deletes it, ``ecs`` and ``batch`` take requests and give answers as these services spell them: so
the rows of ``job_kinds`` follow such Jobs as they follow AWS's.
"""
