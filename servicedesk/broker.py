"""The embedded default's broker: a folder of messages, by kombu's filesystem transport, each of
which appears there whole.
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
        # kombu writes where the workers look: one that looks before the text is there reads
        # nothing, loses the message and dies of it.
        path = os.path.join(
            self.data_folder_out, f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        )
        with open(f"{path}.part", "w", encoding="utf-8") as file:
            file.write(dumps(message))
        os.replace(f"{path}.part", path)


class Transport(filesystem.Transport):
    Channel = Channel
