"""The dashboards of Grafana as code.

`python -m infra.dashboards` writes their JSON to infra/observe/grafana/dashboards/.
"""
