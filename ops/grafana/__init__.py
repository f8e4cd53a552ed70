"""Grafana's dashboards, described and written."""
