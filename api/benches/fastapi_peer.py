"""The other peer of the load test: FastAPI, ids in a dict."""

import os

from fastapi import FastAPI, HTTPException

app = FastAPI()
customers = {
    f"C{i:07}": {
        "run_id": "20111210T080001000Z-00000000",
        "customer_id": f"C{i:07}",
        "segment": {"id": i % 3 + 1, "key": "champions", "name": {"en": "Champions", "pt_br": "Campeões"}},
        "silhouette": 0.5,
        "reference_date": "2011-12-10",
    }
    for i in range(int(os.environ["CUSTOMERS"]))
}


@app.get("/v1/customers/{customer_id}/segment")
async def segment(customer_id: str):
    try:
        return customers[customer_id]
    except KeyError:
        raise HTTPException(404) from None
