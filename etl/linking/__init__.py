"""Who is who: one person under several numbers of the register.

The linking itself is SQL, in ``etl/marts/`` (``elder_identity`` → ``link_pair`` → ``link_candidate`` → ``person_pair`` →
``person_link`` → ``elder_link``); here is only the estimation of its weights.  ``docs/linking.md`` tells the method and the measured figures.
"""
