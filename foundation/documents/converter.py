"""The ``converter`` service: ``python -m foundation.documents.converter FOLDER`` converts the
office documents of a spool folder, one after the other. It runs in a container without network and
without the data of the product.
"""

import os
import sys
import time
from pathlib import Path

from foundation.documents.spool import POLL_SECONDS, answer_next, discard_stale


def main() -> None:
    os.umask(0o077)
    spool = Path(sys.argv[1])
    print(f"converter: watching {spool}", file=sys.stderr, flush=True)
    while True:
        if not answer_next(spool):
            discard_stale(spool)
            time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    main()
