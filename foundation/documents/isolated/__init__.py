"""Code that reads files from outside. It runs in child processes with limits (DECISIONS 27), which
``foundation.documents.isolation`` starts.

Nothing here imports Django: a child starts quickly, and knows neither settings nor database.
"""
