"""One module for each area of cases: `answer(given)` puts a case to the core and gives back what it says.

Adapters translate and do nothing else: they have no arithmetic, know no case by its id and never see what is expected.
"""
