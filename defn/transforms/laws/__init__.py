"""Laws by family. Each table gives, for an operation, functions of a node that return an equal node
or None.
"""
