"""host: engines on threads of their own, in ranks, with deadlines; and what their stages cost."""
