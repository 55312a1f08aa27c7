"""``./mesa manage``: Django's commands, on the data of ``./mesa run`` unless the environment says
otherwise.
"""

import sys

from deploy.settings_environment import embedded

if __name__ == "__main__":
    embedded()
    # after the environment is complete
    from django.core.management import (
        execute_from_command_line,
    )

    execute_from_command_line(["./mesa manage", *sys.argv[1:]])
