"""What wakes an operator: one list, from which Prometheus' rules and CloudWatch's alarms follow."""
