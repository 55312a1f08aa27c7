"""The brokers: kombu's transports, mended where a full disk or a full Redis ends them."""

import os
import uuid
from time import monotonic
from typing import Any

from kombu.transport import filesystem, redis, virtual
from kombu.utils.json import dumps
from redis.exceptions import OutOfMemoryError, ReadOnlyError


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


class RedisQoS(redis.QoS):
    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)
        except Exception:
            # kombu's leaves the message in its count of those at work: a worker that may have one
            # would never take another. Redis hands it out again later.
            virtual.QoS.ack(self, delivery_tag)
            raise


class RedisChannel(redis.Channel):
    QoS = RedisQoS


class RedisTransport(redis.Transport):
    """A Redis that takes nothing more is one that is away: the worker tries again. By kombu's own
    lists it would end, and nothing announce a breach.
    """

    Channel = RedisChannel
    connection_errors = (*redis.Transport.connection_errors, OutOfMemoryError, ReadOnlyError)
