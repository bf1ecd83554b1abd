"""Forms about people: invitations, joining, one's own profile, tokens."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from accounts.policy import Role

# Readers come in through the invitations of a study, which also enrol them.
WORKING_ROLES = [(role.value, role.label) for role in Role if role != Role.READER]


class InviteForm(forms.Form):
    """What a manager says of the person to invite."""

    role = forms.ChoiceField(
        choices=WORKING_ROLES,
        initial=Role.RESEARCHER,
        help_text="Readers are invited from their study: that enrols them, too.",
    )
    note = forms.CharField(
        max_length=120, required=False, label="For whom", help_text="So that you recognise the link in the list."
    )


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(choices=WORKING_ROLES)


class JoinForm(forms.ModelForm[User]):
    """A new account, made by an invitation."""

    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), help_text="At least 12 characters."
    )

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email"]
        help_texts = {"username": "With it you sign in.", "email": "Only for resetting a forgotten password."}

    def clean(self) -> dict[str, Any]:
        """Check the password against the rules, with what is known of the person."""
        cleaned = super().clean() or {}
        person = User(**{name: cleaned.get(name, "") for name in self.Meta.fields})
        try:
            validate_password(cleaned.get("password", ""), person)
        except ValidationError as error:
            self.add_error("password", error)
        return cleaned

    @transaction.atomic
    def save(self, commit: bool = True) -> User:
        """The person, with a hashed password."""
        user = super().save(commit=False)
        user.set_password(self.cleaned_data["password"])
        if commit:
            user.save()
        return user


class ProfileForm(forms.ModelForm[User]):
    """How one appears to the others."""

    class Meta:
        model = User
        fields = ["first_name", "last_name", "email"]
        help_texts = {"email": "Only for resetting a forgotten password."}


class TokenForm(forms.Form):
    """How long a new token works."""

    days = forms.TypedChoiceField(
        label="Works for", coerce=int, choices=[(30, "30 days"), (90, "90 days"), (365, "a year")], initial=90
    )
