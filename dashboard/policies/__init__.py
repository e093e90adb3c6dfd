"""Policies as people handle them: rules in force, drafts tried before they take effect, and their approval by a second person."""
