"""What Prometheus reads of the portal: what each process counts of requests, and what the database tells."""
