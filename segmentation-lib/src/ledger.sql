-- What the rules removed and what they left, by customer, rule and day, from the table "judged" that cleaning.sql makes.
SELECT
  customer_id,
  rule,
  CAST(purchased_at AS DATE) AS day,
  COUNT(*) AS lines,
  SUM(amount_pennies) AS pennies,
  SUM(CASE WHEN amount_pennies < 0 THEN amount_pennies ELSE 0 END) AS below_zero,
  MAX(ABS(amount_pennies)) AS largest,
  MIN(row_number) AS first_row,
  MIN(CASE WHEN is_return THEN NULL ELSE purchased_at END) AS first_purchase,
  MAX(CASE WHEN is_return THEN NULL ELSE purchased_at END) AS last_purchase
FROM judged
GROUP BY customer_id, rule, CAST(purchased_at AS DATE)
