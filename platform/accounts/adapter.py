"""How people get in: by invitation only."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitationOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Nobody signs up by themselves: a manager makes the account, or a personal link does."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Always closed."""
        return False
