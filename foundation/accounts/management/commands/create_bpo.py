from foundation.accounts.management.commands import create_administrator


class Command(create_administrator.Command):
    help = "Create a member of BPO: the first one, whom nobody could confirm."
    role = "bpo"
