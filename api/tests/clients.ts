// What `clients.sh` asks with the generated TypeScript client.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

const client = createClient<paths>({ baseUrl: process.env.BASE, headers: { authorization: `Bearer ${process.env.KEY}` } });

const one = await client.GET("/v1/customers/{customer_id}/segment", { params: { path: { customer_id: "00001" } } });
assert.equal(one.data?.customer_id, "00001");
const missing = await client.GET("/v1/customers/{customer_id}/segment", { params: { path: { customer_id: "nobody" } } });
assert.equal(missing.error?.code, "customer_not_found");
const list = await client.POST("/v1/segments/lookup", { body: { ids: ["00001", "nobody"] } });
// A list of NDJSON or CSV would be answered with a text.
assert.ok(typeof list.data === "object");
assert.deepEqual(list.data.results.map((result) => result.status), ["found", "not_found"]);
const segments = await client.GET("/v1/segments");
assert.ok(segments.data && segments.data.segments.length >= 2);
const key = segments.data.segments[0].key;
const page = await client.GET("/v1/segments/{segment}/customers", { params: { path: { segment: key }, query: { limit: 5 } } });
assert.equal(page.data?.customers.length, 5);
console.log("the generated TypeScript client works: lookup, list, problem, page");
