//! The table `source` of the cleaning's text, made of a table's own columns in common SQL.

use super::super::field::MISSING;
use super::super::mapping::Role;
use super::super::placeholder::NOBODY;
use super::super::plan::Plan;
use super::super::rules::codes::{CODES, LETTERS};
use super::super::rules::words::{ACCENTS, MARKS, WORDS};
use super::Dialect;
use crate::record::MAX_ID_BYTES;

/// Digits of one over and over from which on an id stands for nobody.
const REPEATED: usize = super::super::placeholder::REPEATED;

/// A SELECT that gives the columns of `source`.
pub(super) fn source(dialect: Dialect, table: &str, plan: &Plan<'_>) -> String {
    let columns = Columns { dialect, plan };
    format!("{}\n  FROM (\n{}\n    FROM {table}\n  ) AS named", columns.derived(), columns.named())
}

struct Columns<'a> {
    dialect: Dialect,
    plan: &'a Plan<'a>,
}

impl Columns<'_> {
    /// The table's columns by role: texts trimmed, numbers exact.
    fn named(&self) -> String {
        let columns = [
            (self.text(Role::Customer), "customer"),
            (self.text(Role::Invoice), "invoice"),
            (self.moment(), "moment"),
            (self.text(Role::Product), "product"),
            (self.text(Role::Description), "description"),
            (self.text(Role::Country), "country"),
            (self.number(Role::Quantity, 4), "quantity_exact"),
            (self.number(Role::Price, 6), "price_exact"),
            (self.number(Role::Amount, 6), "amount_exact"),
        ];
        select(&columns, "    ")
    }

    /// What the rules ask for, from the columns by role.
    fn derived(&self) -> String {
        let (has_money, has_amount) = (self.plan.has_money, self.plan.has_amount);
        let priced = pennies("quantity_exact * price_exact");
        let money = match (has_money, has_amount) {
            (false, _) => "CAST(0 AS BIGINT)".to_owned(),
            (true, true) if self.plan.has_quantity => {
                let amount = pennies("amount_exact");
                format!("CASE WHEN quantity_exact < 0 THEN -ABS({amount}) ELSE {amount} END")
            }
            (true, true) => pennies("amount_exact"),
            (true, false) => priced.clone(),
        };
        let price = if has_amount { "CAST(NULL AS BIGINT)".to_owned() } else { sign("price_exact") };
        let text = self.text_type();
        let day = format!("CASE WHEN invoice IS NULL THEN CAST(CAST(moment AS DATE) AS {text}) END");
        let columns = [
            ("CAST(0 AS BIGINT)".to_owned(), "row_number"),
            ("customer".to_owned(), "customer"),
            ("invoice".to_owned(), "invoice"),
            ("moment".to_owned(), "moment"),
            ("product".to_owned(), "product"),
            ("description".to_owned(), "description"),
            ("country".to_owned(), "country"),
            (sign("quantity_exact"), "quantity"),
            ("CAST(ROUND(quantity_exact, 0) AS BIGINT)".to_owned(), "units"),
            (price, "price"),
            (money, "pennies"),
            (priced, "priced"),
            (letter(), "letter"),
            (day, "day"),
            (nobody(), "nobody"),
            (format!("COALESCE(LENGTH(customer) > {MAX_ID_BYTES}, FALSE)"), "too_long"),
            (self.no_product(), "no_product"),
            (self.latest(), "latest"),
        ];
        select(&columns, "  ")
    }

    fn text_type(&self) -> &'static str {
        match self.dialect {
            Dialect::Spark => "STRING",
            Dialect::DuckDb => "VARCHAR",
            Dialect::Postgres => "TEXT",
        }
    }

    fn column(&self, role: Role) -> Option<String> {
        let mark = if self.dialect == Dialect::Spark { '`' } else { '"' };
        let name = self.plan.layout.name(role)?;
        Some(format!("{mark}{}{mark}", name.replace(mark, &format!("{mark}{mark}"))))
    }

    /// Trimmed text, null for the words for a missing value; a whole number that is printed with a fraction is whole.
    fn text(&self, role: Role) -> String {
        let kind = self.text_type();
        let Some(column) = self.column(role) else { return format!("CAST(NULL AS {kind})") };
        let text = format!("TRIM(CAST({column} AS {kind}))");
        format!(
            "CASE WHEN LOWER({text}) IN ({}) THEN NULL WHEN {text} LIKE '%.0' THEN SUBSTR({text}, 1, LENGTH({text}) - 2) \
             ELSE {text} END",
            list([""].iter().chain(MISSING.iter().filter(|word| !word.contains('\\'))))
        )
    }

    fn moment(&self) -> String {
        self.column(Role::Date)
            .map_or_else(|| "CAST(NULL AS TIMESTAMP)".to_owned(), |date| format!("CAST({date} AS TIMESTAMP)"))
    }

    fn number(&self, role: Role, scale: usize) -> String {
        let column = self.column(role).unwrap_or_else(|| "NULL".to_owned());
        format!("CAST({column} AS DECIMAL(18, {scale}))")
    }

    fn no_product(&self) -> String {
        let letters: &[&str] = if self.plan.stock_codes { &LETTERS } else { &[] };
        let further: Vec<String> =
            self.plan.rules.non_product_codes.iter().map(|code| code.to_uppercase()).collect();
        let codes = CODES.iter().chain(letters).copied().chain(further.iter().map(String::as_str));
        let code = format!("UPPER(product) IN ({})", list(codes));
        let voucher = |start: &str| {
            let rest = without(&format!("SUBSTR(product, {})", start.len() + 1), "0123456789_");
            format!("LOWER(SUBSTR(product, 1, {})) = '{start}' AND {rest} = ''", start.len())
        };
        let mut any = vec![code, voucher("gift_"), voucher("test")];
        if self.plan.words_name_no_product {
            any.extend(["product", "description"].map(is_word));
        }
        format!("COALESCE({}, FALSE)", any.join(" OR "))
    }

    /// The last moment that is not after the reference date.
    fn latest(&self) -> String {
        match chrono::DateTime::from_timestamp_millis(self.plan.latest) {
            Some(moment) if self.plan.latest < i64::MAX => {
                format!("CAST('{}' AS TIMESTAMP)", moment.format("%Y-%m-%d %H:%M:%S%.3f"))
            }
            _ => "CAST(NULL AS TIMESTAMP)".to_owned(),
        }
    }
}

fn select(columns: &[(String, &str)], indent: &str) -> String {
    let column = |(text, name): &(String, &str)| match text == name {
        true => format!("{indent}  {name}"),
        false => format!("{indent}  {text} AS {name}"),
    };
    format!("{indent}SELECT\n{}", columns.iter().map(column).collect::<Vec<_>>().join(",\n"))
}

/// Hundredths, rounded once, half away from zero.
fn pennies(exact: &str) -> String {
    format!("CAST(CAST(ROUND({exact}, 2) AS DECIMAL(20, 2)) * 100 AS BIGINT)")
}

fn sign(exact: &str) -> String {
    format!("CAST(SIGN({exact}) AS BIGINT)")
}

/// The capital before an invoice's digits.
fn letter() -> String {
    let rest = without("SUBSTR(invoice, 2)", "0123456789");
    format!(
        "CASE WHEN UPPER(SUBSTR(invoice, 1, 1)) IN ('C', 'A') AND LENGTH(invoice) > 1 AND {rest} = '' THEN \
         UPPER(SUBSTR(invoice, 1, 1)) END"
    )
}

/// Whether a customer's id stands for nobody: zeros in any form, one digit over and over, or a word.
fn nobody() -> String {
    let bare = without("customer", ".-/ ");
    let (first, bare_zeros) = (format!("SUBSTR({bare}, 1, 1)"), without("customer", ".-/ 0"));
    let all = [
        "customer = '-1'".to_owned(),
        format!("(customer LIKE '%0%' AND {bare_zeros} = '')"),
        format!(
            "(LENGTH({bare}) >= {REPEATED} AND {first} IN ({}) AND REPLACE({bare}, {first}, '') = '')",
            list(('1'..='9').map(String::from))
        ),
        format!("{} = ''", without("customer", "-–—?*/_")),
        format!("{} IN ({})", without("LOWER(customer)", " -_./"), list(NOBODY.iter().copied())),
    ];
    format!("COALESCE({}, FALSE)", all.join(" OR "))
}

/// Whether a text is nothing but a word that names no product.
fn is_word(column: &str) -> String {
    let [accented, plain] = ACCENTS;
    // What has no counterpart is left out.
    format!("TRANSLATE(LOWER({column}), '{accented}{MARKS}', '{plain}') IN ({})", list(WORDS))
}

/// A text without these characters. A REPLACE for each of them would take as many copies of every row's text.
fn without(text: &str, marks: &str) -> String {
    format!("TRANSLATE({text}, '{marks}', '')")
}

fn list(texts: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    texts.into_iter().map(|text| quoted(text.as_ref())).collect::<Vec<_>>().join(", ")
}
