"""The pages of people's accounts: their own, the administrator's, and logging in through an outside identity."""
