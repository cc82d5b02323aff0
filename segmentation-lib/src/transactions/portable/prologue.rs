//! The table `source` of the cleaning's text, made of a table's own columns in common SQL.

use super::super::field::MISSING;
use super::super::mapping::Role;
use super::super::placeholder::NOBODY;
use super::super::plan::Plan;
use super::super::rules::codes::{CODES, LETTERS};
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
            let rest = without_digits(&format!("SUBSTR(product, {})", start.len() + 1));
            format!(
                "LOWER(SUBSTR(product, 1, {})) = '{start}' AND REPLACE({rest}, '_', '') = ''",
                start.len()
            )
        };
        format!("COALESCE({code} OR {} OR {}, FALSE)", voucher("gift_"), voucher("test"))
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
    let rest = without_digits("SUBSTR(invoice, 2)");
    format!(
        "CASE WHEN UPPER(SUBSTR(invoice, 1, 1)) IN ('C', 'A') AND LENGTH(invoice) > 1 AND {rest} = '' THEN \
         UPPER(SUBSTR(invoice, 1, 1)) END"
    )
}

/// Whether a customer's id stands for nobody: zeros in any form, one digit over and over, or a word.
fn nobody() -> String {
    let bare = without("customer", &[".", "-", "/", " "]);
    let zeros = format!("(customer LIKE '%0%' AND {} = '')", without(&bare, &["0"]));
    let repeated = ('1'..='9').map(|digit| {
        let digit = digit.to_string();
        format!("(LENGTH({bare}) >= {REPEATED} AND {} = '')", without(&bare, &[&digit]))
    });
    let word = without("LOWER(customer)", &[" ", "-", "_", ".", "/"]);
    let words = format!("{word} IN ({})", list(NOBODY.iter().copied()));
    let marks = format!("{} = ''", without("customer", &["-", "–", "—", "?", "*", "/", "_"]));
    let all: Vec<String> =
        ["customer = '-1'".to_owned(), zeros].into_iter().chain(repeated).chain([marks, words]).collect();
    format!("COALESCE({}, FALSE)", all.join(" OR "))
}

fn without_digits(text: &str) -> String {
    without(text, &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])
}

fn without(text: &str, marks: &[&str]) -> String {
    marks.iter().fold(text.to_owned(), |text, mark| format!("REPLACE({text}, '{mark}', '')"))
}

fn list(texts: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    texts.into_iter().map(|text| quoted(text.as_ref())).collect::<Vec<_>>().join(", ")
}
