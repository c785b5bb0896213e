"""What can be wrong with the archive, without a word of what was asked or written."""


class ArchiveAway(Exception):
    """The archive does not answer, or refuses. What was to be written was not."""


class ArchiveRefused(ArchiveAway):
    """It answers, and refuses what it was given: the same again would be refused again."""
