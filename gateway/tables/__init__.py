"""Tables that leave the gateway for other programs: typed columns, written as CSV or Parquet."""
