"""Who stores: each by the months of one zone, in most of which clocks change in the quarter."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant, how often what it stores changes, and by how many megabytes at most."""

    key: str
    name: str
    zone: str
    changes: int
    largest_change: int


TENANTS = (
    Tenant("archive", "The Archive", "UTC", 1, 2_500_000),
    Tenant("berlin-backups", "Berlin Backups", "Europe/Berlin", 700, 90_000),
    Tenant("boston-biobank", "Boston Biobank", "America/New_York", 400, 250_000),
    Tenant("lord-howe-labs", "Lord Howe Labs", "Australia/Lord_Howe", 300, 12_000),
    Tenant("pune-photos", "Pune Photos", "Asia/Kolkata", 1_500, 3_000),
    Tenant("santiago-survey", "Santiago Survey", "America/Santiago", 60, 40_000),
)
