"""What pip and npm print about a failure becomes a sentence with package, line and remedy."""

import pytest

from asw.platforms.local.installers import explained

LOCK = "# a\nsix==1.16.0\nidna==3.7\n"
MISSING = """\
ERROR: Could not find a version that satisfies the requirement idna==9999 (from versions: 3.7)
ERROR: No matching distribution found for idna==9999
"""
NEEDED = """\
ERROR: Could not find a version that satisfies the requirement urllib3<1 (from six)
ERROR: No matching distribution found for urllib3<1
"""
NO_WHEEL = """\
ERROR: Could not find a version that satisfies the requirement six==1.16.0 (from versions: none)
ERROR: No matching distribution found for six==1.16.0
"""
WRONG_HASH = """\
ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated
    six==1.16.0 from https://host.example/six.whl:
        Expected sha256 aa
             Got        bb
"""
NO_HASH = """\
ERROR: Hashes are required in --require-hashes mode, but they are missing from some requirements.
    idna==3.7 --hash=sha256:82
"""
OFFLINE = """\
WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...)': /six/
ERROR: Could not find a version that satisfies the requirement six==1.16.0 (from versions: none)
"""
SYNTAX = "ERROR: Invalid requirement: 'idna=3' (from line 3 of requirements.txt)\n"


@pytest.mark.parametrize(
    ("output", "begins", "remedy"),
    [
        (MISSING, "requirements.txt, line 3: idna: pip cannot install it", "from versions: 3.7"),
        (NEEDED, "requirements.txt, line 2: six: pip cannot install it", "urllib3<1"),
        (NO_WHEEL, "requirements.txt, line 2: six: pip cannot install it", "--no-binary NAME"),
        (WRONG_HASH, "requirements.txt, line 2: six: pip cannot install it", "make the hashes"),
        (NO_HASH, "requirements.txt, line 3: idna: pip cannot install it", "--generate-hashes"),
        (OFFLINE, "requirements.txt, line 2: six: pip cannot reach", "pip config list"),
        (SYNTAX, "requirements.txt, line 3: idna==3.7: pip cannot", "Invalid requirement"),
        ("killed\n", "requirements.txt: pip cannot install it: killed", ""),
    ],
    ids=["missing", "needed", "no wheel", "hash", "no hash", "offline", "syntax", "nothing"],
)
def test_a_failure_of_pip_is_explained(output, begins, remedy):
    """The line is that of the user's file, also if what is wrong is needed by a package there."""
    told = explained(output, "requirements.txt", LOCK)
    assert told.startswith(begins)
    assert remedy in told


def test_a_failure_of_npm_is_explained():
    """Its own first sentence, and the file."""
    output = "npm error code EUSAGE\nnpm error `npm ci` can only install with a lock\n"
    told = explained(output, "package-lock.json", "{}")
    assert told.startswith("package-lock.json: npm cannot install it: ")
    offline = explained("npm error code ENOTFOUND\n", "package-lock.json", "{}")
    assert "npm cannot reach its package index" in offline
