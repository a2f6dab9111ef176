"""Static groups: customers that somebody has put together by hand, under a name.

Who is in one stands in the customers' documents (`groups`, and folded for rules), changed by bulk operations
alone. A group is a field of rules (`group`), and so of audiences and campaigns.
"""
