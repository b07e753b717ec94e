"""Judging the tool from outside: another reader, another resolver, another policy evaluator.

Nothing in here but ``tool.py`` imports the code under test. ``python -m tests.outside FILE…`` judges templates one by one.
"""
