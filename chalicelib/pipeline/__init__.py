"""The steps of a job, the sweeper, and the dead letters."""
