"""Runs a Functions app where Azure Functions Core Tools is not installed: `python -m devhost`.

Microsoft's own Python worker library loads and invokes the app; the listeners around it are ours.
README.md lists the rules they copy and where they differ from the real host.
"""
