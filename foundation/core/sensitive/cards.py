"""Numbers of payment cards: by brand, check digit and the groups in which they are written."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from stdnum import luhn

from foundation.core.sensitive.kinds import Finding, Sensitive

# Digits in groups; what stands before it is no word, version or "0," of decimals. A bound keeps
# the search linear.
_DIGITS = re.compile(
    r"(?<!\w)(?<!\d[.-])(?<!(?<![\d.])0,)"
    r"\d(?:[ \t\u00a0\u202f.\u2011–—-]{0,3}\d){12,80}(?!\w|-\w|\.\d)"
)
_GROUP = re.compile(r"\d+")
_CARD_LENGTHS = range(13, 20)
# The sizes of the groups in which a number is written; one alone or several of the same joint.
_CARD_GROUPS = re.compile(r"\d+|(?:4 ){2,4}[1-4]|4 6 [45]|8 8|8 4 4|4 8 4|4 4 8")
_MOST_IN_A_ROW = 6  # more groups of four beside each other are a table or a list
_CARD_RULES = (  # brands by their first digits, with the lengths of their numbers
    re.compile(r"4(?:\d{12}|\d{15}|\d{18})"),
    re.compile(r"(?:5[1-5]|2[2-7])\d{14}"),
    re.compile(r"3[47]\d{13}"),
    re.compile(r"6(?:011|5|4[4-9])\d{12,15}"),
    re.compile(r"3(?:0[0-5]|[689])\d{11,12}"),
    re.compile(r"35\d{14}"),
)


def cards(text: str) -> Iterator[Finding]:
    for match in _DIGITS.finditer(text):
        groups = list(_GROUP.finditer(text, *match.span()))
        joints = [text[one.end() : other.start()] for one, other in pairwise(groups)]
        is_table = sum(len(group[0]) == 4 for group in groups) > _MOST_IN_A_ROW
        first = 0
        while first < len(groups):
            end = _end_of_card(groups, joints, first, most=1 if is_table else 5)
            if end:
                yield Finding(Sensitive.CARD, groups[first].start(), groups[end - 1].end())
            first = max(end, first + 1)


def _end_of_card(
    groups: Sequence[re.Match[str]], joints: Sequence[str], first: int, *, most: int
) -> int:
    """Return where the number of a card of at most so many groups ends that begins with one, 0
    without one. ``joints`` stand between the groups. What one dot joins to other digits is a
    decimal or a version.
    """
    found = 0
    digits = ""
    sizes = ""
    for end in range(first + 1, min(first + most, len(groups)) + 1):
        group = groups[end - 1][0]
        digits += group
        sizes = f"{sizes} {len(group)}".lstrip()
        if len(digits) > _CARD_LENGTHS[-1] or len(set(joints[first : end - 1])) > 1:
            break
        if _CARD_GROUPS.fullmatch(sizes) and _is_card(digits):
            found = end
    beside = {joints[place - 1] for place in (first, found) if 0 < place < len(groups)}
    return 0 if "." in beside else found


def _is_card(digits: str) -> bool:
    return (
        len(digits) in _CARD_LENGTHS
        and any(rule.fullmatch(digits) for rule in _CARD_RULES)
        and luhn.is_valid(digits)
    )
