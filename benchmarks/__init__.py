"""What a lead costs, measured: one file per question, figures as ratios, bars beside them.

`python -m benchmarks` asks every question; docs/costs.md says what each figure means.
"""
