"""Finance reports: what the books come to, in tables that tie to the trial balance."""
