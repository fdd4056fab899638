"""A whole gateway in one process, on a fake clock, under seeded faults, with a model kept beside it.

`simulation.py` runs one seed. What can go wrong is drawn in `fate.py` and `temper.py`; what is done is in the modules
named `..._operations.py`; the model is in `log_model.py` and `count_model.py`; the promises are checked in the modules
named `..._checks.py`. A seed always gives the same run: `python -m tests.simulator --seed SEED`.
"""
