"""Room at the routes in Postgres: admission, capacity, queues and usual times."""
