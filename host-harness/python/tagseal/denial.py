"""The one denial that stands for every decision that was not made."""

from __future__ import annotations

from tagseal.contract import Decision, Outcome

_MAX_MESSAGE_CHARACTERS = 600


def denial(failure: Exception, revision: int) -> Decision:
    """Returns the denial for a failure, by a policy of this revision."""
    advice = "try again, and report it to the registry's operator if that does not help"
    message = f"no decision could be made: {failure}; {advice}"
    printable = "".join(letter for letter in message if " " <= letter <= "~")
    return Decision(
        outcome=Outcome.DENY,
        code="unavailable",
        rule=None,
        namespace=None,
        pair=None,
        revision=revision,
        message=printable[:_MAX_MESSAGE_CHARACTERS],
        tags=(),
    )
