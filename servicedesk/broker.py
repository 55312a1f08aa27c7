"""The broker of the embedded default: kombu's filesystem transport, with atomic
writes of messages.
"""

import os
import uuid
from time import monotonic
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    # The bases disagree about the signature.
    def _put(  # type: ignore[override]
        self, queue: str, message: Any, **_options: Any
    ) -> None:
        # kombu writes the final file in place. A worker that reads it before the text is written
        # loses the message and crashes: write another file, then rename it.
        path = os.path.join(
            self.data_folder_out, f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        )
        with open(f"{path}.part", "w", encoding="utf-8") as file:
            file.write(dumps(message))
        os.replace(f"{path}.part", path)


class Transport(filesystem.Transport):
    Channel = Channel
