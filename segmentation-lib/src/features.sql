-- One row per customer from the cleaned transactions.
--
-- Common SQL only (no date differences, no vendor functions), so that the same text runs on Polars in
-- process and on a warehouse where the data lives. Money is whole pennies. Recency and the ratios are
-- derived afterwards, on this small table, from the reference date.
--
-- A purchase is an invoice, or a day where the data has no invoices; a line that takes goods back
-- ("is_return") never makes a purchase, but its negative amount counts in "net_pennies".
WITH visits AS (
  SELECT
    "customer_id",
    "purchase_id",
    MIN(CASE WHEN "is_return" THEN NULL ELSE "purchased_at" END) AS "first_purchase",
    MAX(CASE WHEN "is_return" THEN NULL ELSE "purchased_at" END) AS "last_purchase",
    MIN("purchased_at") AS "first_transaction",
    MAX("purchased_at") AS "last_transaction",
    MAX(CASE WHEN "is_return" THEN 0 ELSE 1 END) AS "is_purchase",
    COUNT(*) AS "lines",
    SUM(CASE WHEN "is_return" THEN 1 ELSE 0 END) AS "return_lines",
    SUM(CASE WHEN "is_return" THEN 0 ELSE "quantity" END) AS "units",
    SUM("amount_pennies") AS "net_pennies",
    SUM(CASE WHEN "is_return" THEN 0 ELSE "amount_pennies" END) AS "purchased_pennies"
  FROM "transactions"
  GROUP BY "customer_id", "purchase_id"
),
visitors AS (
  SELECT
    "customer_id",
    MIN("first_purchase") AS "first_purchase",
    MAX("last_purchase") AS "last_purchase",
    MIN("first_transaction") AS "first_transaction",
    MAX("last_transaction") AS "last_transaction",
    CAST(SUM("is_purchase") AS BIGINT) AS "frequency",
    CAST(SUM("lines") AS BIGINT) AS "lines",
    CAST(SUM("return_lines") AS BIGINT) AS "return_lines",
    CAST(SUM("units") AS BIGINT) AS "units",
    CAST(SUM("net_pennies") AS BIGINT) AS "net_pennies",
    CAST(SUM("purchased_pennies") AS BIGINT) AS "purchased_pennies"
  FROM visits
  GROUP BY "customer_id"
),
assortments AS (
  SELECT "customer_id", CAST(COUNT(DISTINCT "product") AS BIGINT) AS "products"
  FROM "transactions"
  WHERE NOT "is_return"
  GROUP BY "customer_id"
)
SELECT visitors.*, COALESCE(assortments."products", 0) AS "products"
FROM visitors
LEFT JOIN assortments ON visitors."customer_id" = assortments."customer_id"
ORDER BY visitors."customer_id"
