"""The pages of the way: each reads what was sent, calls one verb, and leads on. A page that is only looked at changes
nothing.
"""
