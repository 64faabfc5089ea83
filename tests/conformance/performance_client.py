"""What the Performance Platform's own client does, run by a Python that has it: `performance_client.py URL GROUP TYPE TOKEN`.

The client was written for Python 2.
"""

from __future__ import annotations

import builtins
import datetime
import json
import sys
from typing import Any

builtins.basestring = str  # type: ignore[attr-defined]

import requests  # type: ignore[import-untyped,unused-ignore]  # noqa: E402
from performanceplatform.client.data_set import (  # type: ignore[import-not-found,unused-ignore]  # noqa: E402
    DataSet,
)

url, group, kind, token = sys.argv[1:]
found: dict[str, Any] = {}


def refused(what: Any) -> int:
    try:
        what()
    except requests.HTTPError as error:
        return int(error.response.status_code)
    return 200


client = DataSet.from_group_and_type(url, group, kind, token=token)
records = [
    {
        "_id": str(n),
        "_timestamp": datetime.datetime(2014, 9, 1 + n % 28),  # noqa: DTZ001 - the client takes it for UTC
        "channel": ["online", "paper"][n % 2],
        "count": n,
    }
    for n in range(300)
]
found["all at once, compressed"] = client.post(records)["status"]
client.post(records, chunk_size=100)
found["one"] = client.post(records[0])["status"]
asked = {"period": "month", "group_by": "channel", "collect": "count:sum"}
found["sums"] = {row["channel"]: row["count:sum"] for row in client.get(asked)["data"]}
found["records"] = len(client.get()["data"])
found["a wrong record"] = refused(lambda: client.post({"channel": 1}))
found["emptied"] = client.empty_data_set()["status"]
found["left"] = client.get()["data"]
client.set_token("chd_nobody")
found["a wrong token"] = refused(lambda: client.post(records[:1]))
print(json.dumps(found))
