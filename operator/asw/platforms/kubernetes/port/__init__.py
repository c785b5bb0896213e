"""The ``Platform`` port, put together: tasks as Jobs, children as Executions."""
