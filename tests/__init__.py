"""The tests. A package, because the Recurly SDK installs one called `tests` as well."""
