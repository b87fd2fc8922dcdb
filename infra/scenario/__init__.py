"""`make scenario`: slow downloads behind nginx, as one request and as a job."""
