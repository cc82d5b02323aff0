"""What `clients.sh` asks with the generated Python client."""

import os

from client import AuthenticatedClient
from client.api.customers import explain_customer, get_customer_segment, lookup
from client.api.segments import list_segment_customers, list_segments
from client.models import LookupRequest, Problem

with AuthenticatedClient(base_url=os.environ["BASE"], token=os.environ["KEY"]) as client:
    one = get_customer_segment.sync("00001", client=client)
    assert one.customer_id == "00001" and one.segment.name.pt_br, one
    missing = get_customer_segment.sync("nobody", client=client)
    assert isinstance(missing, Problem) and missing.code == "customer_not_found", missing
    assert [f.name for f in explain_customer.sync("00001", client=client).features][0] == "recency"
    answer = lookup.sync(client=client, body=LookupRequest(ids=["00001", "nobody"]))
    assert not isinstance(answer, Problem), answer
    assert [result.status for result in answer.results] == ["found", "not_found"], answer
    segments = list_segments.sync(client=client).segments
    page = list_segment_customers.sync(segments[0].key, client=client, limit=5)
    assert len(page.customers) == 5 and page.total == segments[0].customers, page
print("the generated Python client works: lookup, list, explanation, problem, page")
