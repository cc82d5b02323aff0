-- The cleaning rules as one text: from a table "source" of typed columns to one row per transaction with the number of
-- the rule that removes it.
--
-- Common SQL and plain lower-case identifiers only, so that the same text runs on Polars in process and where the data
-- live. Columns of "source" that the data does not have are null; "pennies" is the exact decimal money of the row,
-- rounded once, half away from zero; "units" are whole pieces; "letter" is the capital before an invoice's digits
-- (C536379); "day" is the date as text, where the row has no invoice; "nobody", "too_long" and "no_product" say of each
-- customer and product whether the id stands for nobody, is longer than a run stores, or the code is no product; "latest"
-- is the last moment that is not after the reference date; moments from "plausible_from" to before "plausible_until" lie
-- near one another.
--
-- Each line of the second CASE is a rule, the first that matches removes the row; a row of nobody without a date is a sum
-- under the table or a note. A rule that is switched off loses its lines, the second of bad_debt also where products are no
-- stock codes; what stands behind a colon is a value. "invoice" and "priced" tell whether an amount is its order's total,
-- "description" what a product is called.
WITH marked AS (
  SELECT
    source.*,
    letter = 'C' AND (quantity <= 0 OR pennies <= 0) AS cancelled
  FROM source
)
SELECT
  row_number,
  customer AS customer_id,
  COALESCE(invoice, day) AS purchase_id,
  moment AS purchased_at,
  product,
  country,
  units AS quantity,
  pennies AS amount_pennies,
  CASE WHEN pennies < 0 OR quantity < 0 OR cancelled THEN TRUE ELSE FALSE END AS is_return,
  CASE
    WHEN moment IS NULL AND customer IS NULL THEN 4 -- missing_customer
    WHEN moment IS NULL AND nobody THEN 5 -- placeholder_customer
    WHEN moment IS NULL THEN 2 -- unparsable_date
    WHEN pennies IS NULL OR quantity IS NOT NULL AND units IS NULL THEN 3 -- unparsable_number
    WHEN customer IS NULL THEN 4 -- missing_customer
    WHEN too_long THEN 6 -- long_customer
    WHEN nobody THEN 5 -- placeholder_customer
    WHEN moment < plausible_from OR moment >= plausible_until THEN 7 -- implausible_date
    WHEN LOWER(SUBSTR(description, 1, 15)) = 'adjust bad debt' THEN 10 -- bad_debt
    WHEN product IN ('B', 'b') AND letter = 'A' THEN 10 -- bad_debt
    WHEN no_product THEN 11 -- non_product
    WHEN cancelled THEN 12 -- cancelled
    WHEN quantity <= 0 AND (:drops_returns OR pennies = 0 OR NOT :has_amount AND pennies > 0) THEN 13 -- non_positive_quantity
    WHEN price <= 0 THEN 14 -- non_positive_price
    WHEN :has_amount AND (pennies = 0 OR :drops_returns AND pennies < 0) THEN 15 -- non_positive_amount
    WHEN moment > latest THEN 16 -- after_reference_date
    ELSE 18
  END AS rule,
  invoice,
  priced,
  description
FROM marked
