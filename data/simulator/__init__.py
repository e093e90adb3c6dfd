"""Plays the outside systems of a demo district: ``run.simulate`` writes their databases, workbooks and files, ``api.playing`` answers for
those that are reached over HTTP.

Same seed, same bytes.  What was planted is written beside the sources, never into them.
"""
