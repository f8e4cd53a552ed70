"""What every route stands on: the frame, who asks and how often, what a query or a body says."""
