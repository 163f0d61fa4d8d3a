"""The `narralytica` command: everything on one machine, as separate processes."""
