"""Demonstration data: invented customers, six months of work, replayed in order through the
services.
"""
