"""Print the OpenAPI document of a Python service, without starting it.

``python tools/dev/openapi.py auth`` or ``monitoring``; the gateway's is printed by
``miniredisd --print-openapi``. The built package must be on PYTHONPATH.
"""

from __future__ import annotations

import json
import sys
from typing import Any, cast


def document_of(service: str) -> dict[str, Any]:
    """Return the document; routes are described without the parts that would answer them."""
    if service == "auth":
        from miniredis.auth.application import application_of

        return application_of(cast(Any, None)).openapi()
    from miniredis.monitoring.application import make_application

    return make_application(cast(Any, None), cast(Any, None)).openapi()


if __name__ == "__main__":
    print(json.dumps(document_of(sys.argv[1])))
