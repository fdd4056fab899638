"""What runs beside the requests: the projector in the API process, billing and delivery in processes of their own."""
