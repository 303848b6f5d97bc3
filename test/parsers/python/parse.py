"""Reads pages from stdin as JSON lines, and writes what the strict parsers of the Prometheus client found."""

import base64
import json
import sys

from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client import parser as text


def parse(page):
    body = base64.b64decode(page["body"]).decode("utf-8")
    is_openmetrics = page["contentType"].startswith("application/openmetrics-text")
    families = (openmetrics if is_openmetrics else text).text_string_to_metric_families(body)
    samples = []
    for family in families:
        for sample in family.samples:
            samples.append({"labels": {"__name__": sample.name, **sample.labels}, "value": repr(float(sample.value))})
    return {"error": "", "samples": samples}


for line in sys.stdin:
    try:
        result = parse(json.loads(line))
    except Exception as error:  # The error is the result.
        result = {"error": f"{type(error).__name__}: {error}", "samples": []}
    print(json.dumps(result), flush=True)
