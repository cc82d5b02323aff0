-- One row per customer from the cleaned transactions.
--
-- Common SQL only (no date differences, no vendor functions), so that the same text runs on Polars in
-- process and on a warehouse where the data lives. Money is whole pennies. Recency and the ratios are
-- derived afterwards, on this small table, from the reference date.
--
-- A purchase is an invoice, or a day where the data has no invoices; a line that takes goods back
-- (is_return) never makes a purchase, but its negative amount counts in net_pennies.
--
-- Purchases and returns are told apart once for each visit and not once for each line.
WITH visits AS (
  SELECT
    customer_id,
    purchase_id,
    is_return,
    MIN(purchased_at) AS first_line,
    MAX(purchased_at) AS last_line,
    COUNT(*) AS lines,
    SUM(quantity) AS units,
    SUM(amount_pennies) AS pennies
  FROM transactions
  GROUP BY customer_id, purchase_id, is_return
),
visitors AS (
  SELECT
    customer_id,
    MIN(CASE WHEN is_return THEN NULL ELSE first_line END) AS first_purchase,
    MAX(CASE WHEN is_return THEN NULL ELSE last_line END) AS last_purchase,
    MIN(first_line) AS first_transaction,
    MAX(last_line) AS last_transaction,
    CAST(SUM(CASE WHEN is_return THEN 0 ELSE 1 END) AS BIGINT) AS frequency,
    CAST(SUM(lines) AS BIGINT) AS lines,
    CAST(SUM(CASE WHEN is_return THEN lines ELSE 0 END) AS BIGINT) AS return_lines,
    CAST(SUM(CASE WHEN is_return THEN 0 ELSE units END) AS BIGINT) AS units,
    CAST(SUM(pennies) AS BIGINT) AS net_pennies,
    CAST(SUM(CASE WHEN is_return THEN 0 ELSE pennies END) AS BIGINT) AS purchased_pennies
  FROM visits
  GROUP BY customer_id
),
assortments AS (
  SELECT customer_id, CAST(COUNT(DISTINCT product) AS BIGINT) AS products
  FROM transactions
  WHERE NOT is_return
  GROUP BY customer_id
)
SELECT visitors.*, COALESCE(assortments.products, 0) AS products
FROM visitors
LEFT JOIN assortments ON visitors.customer_id = assortments.customer_id
ORDER BY visitors.customer_id
