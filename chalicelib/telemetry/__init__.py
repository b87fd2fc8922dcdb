"""The shipper: what the functions write, as traces and logs of OpenTelemetry.

The functions write lines (log.py) and nothing else. Here these are read (`lines`), made into spans
(`spans`) and log records (`records`), written as OTLP (`otlp`) and sent (`send`). On AWS a function
does it (`function`), locally a process (infra/observe). No other function imports any of it.
"""
