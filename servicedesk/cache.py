"""How values are written into Redis: as JSON, because who can write there could run code through a
pickle.
"""

import json
from typing import Any


class JSONSerializer:
    """Numbers stay plain, so that Redis can count them. Raises ``TypeError`` for what JSON cannot
    say.
    """

    def dumps(self, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        return json.dumps(value).encode()

    def loads(self, data: Any) -> Any:
        return json.loads(data)
