"""Random input of every kind: code, output of tools, configurations, baselines. `make fuzz` tries many more."""
