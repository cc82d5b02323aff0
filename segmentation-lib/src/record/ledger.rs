//! What the cleaning removed, by rule.

use serde::{Deserialize, Serialize};

/// A cleaning rule. A row is counted under the first rule, in this order, that matches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// More values than the header has columns.
    MalformedRow,
    /// A value holds a NUL byte.
    DamagedValue,
    /// The date is empty or cannot be read.
    UnparsableDate,
    /// The amount, or the quantity or price it is made of, is empty or cannot be read.
    UnparsableNumber,
    /// No customer.
    MissingCustomer,
    /// A customer id that stands for nobody: 0, guest, walk-in.
    PlaceholderCustomer,
    /// A customer id that is too long to be stored.
    LongCustomer,
    /// A date far from all others, or a program's zero.
    ImplausibleDate,
    /// The source marks the row as no sale: cancelled, failed, pending, refunded.
    NotASale,
    /// Another currency than the one that was asked for.
    OtherCurrency,
    /// Adjustment of bad debt.
    BadDebt,
    /// Postage, fees, samples, vouchers, tests: not a product.
    NonProduct,
    /// Cancelled invoice; in drop mode only.
    Cancelled,
    /// Quantity of zero or less.
    NonPositiveQuantity,
    /// Price of zero or less.
    NonPositivePrice,
    /// Amount of zero (net mode) or of zero or less (drop mode), where the data has an amount column.
    NonPositiveAmount,
    /// Later than the reference date.
    AfterReferenceDate,
    /// Equal to an earlier row in every column; off unless duplicates are dropped.
    Duplicate,
}

impl Rule {
    /// Every rule in the order in which they are tried.
    pub const ALL: [Self; 18] = [
        Self::MalformedRow,
        Self::DamagedValue,
        Self::UnparsableDate,
        Self::UnparsableNumber,
        Self::MissingCustomer,
        Self::PlaceholderCustomer,
        Self::LongCustomer,
        Self::ImplausibleDate,
        Self::NotASale,
        Self::OtherCurrency,
        Self::BadDebt,
        Self::NonProduct,
        Self::Cancelled,
        Self::NonPositiveQuantity,
        Self::NonPositivePrice,
        Self::NonPositiveAmount,
        Self::AfterReferenceDate,
        Self::Duplicate,
    ];

    /// Whether the ledger has a line of it even where it removed nothing. The others are for exports that most
    /// data are not; a ledger without them reads as it always has.
    pub fn is_always_listed(self) -> bool {
        !matches!(
            self,
            Self::DamagedValue
                | Self::PlaceholderCustomer
                | Self::LongCustomer
                | Self::ImplausibleDate
                | Self::NotASale
                | Self::OtherCurrency
        )
    }

    /// The rule's name on the command line and in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Self::MalformedRow => "malformed_row",
            Self::DamagedValue => "damaged_value",
            Self::UnparsableDate => "unparsable_date",
            Self::UnparsableNumber => "unparsable_number",
            Self::MissingCustomer => "missing_customer",
            Self::PlaceholderCustomer => "placeholder_customer",
            Self::LongCustomer => "long_customer",
            Self::ImplausibleDate => "implausible_date",
            Self::NotASale => "not_a_sale",
            Self::OtherCurrency => "other_currency",
            Self::BadDebt => "bad_debt",
            Self::NonProduct => "non_product",
            Self::Cancelled => "cancelled",
            Self::NonPositiveQuantity => "non_positive_quantity",
            Self::NonPositivePrice => "non_positive_price",
            Self::NonPositiveAmount => "non_positive_amount",
            Self::AfterReferenceDate => "after_reference_date",
            Self::Duplicate => "duplicate",
        }
    }
}

/// What a line of the ledger counts. Stored by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Counted {
    /// Everything that was read: the sum of all other lines.
    Input,
    /// What a rule removed.
    Removed(Rule),
    /// Ids that were merged into others: they have no rows and no money of their own.
    Merged,
    /// What customers had who asked to be forgotten: see [`leave_out`].
    Forgotten,
    /// What is left.
    Kept,
    /// A line that a later program writes and this one does not know.
    Other(String),
}

impl Counted {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Input => "input",
            Self::Removed(rule) => rule.name(),
            Self::Merged => "merged_ids",
            Self::Forgotten => "forgotten",
            Self::Kept => "kept",
            Self::Other(name) => name,
        }
    }
}

impl From<String> for Counted {
    fn from(name: String) -> Self {
        match name.as_str() {
            "input" => Self::Input,
            "kept" => Self::Kept,
            "merged_ids" => Self::Merged,
            "forgotten" => Self::Forgotten,
            _ => match Rule::ALL.into_iter().find(|rule| rule.name() == name) {
                Some(rule) => Self::Removed(rule),
                None => Self::Other(name),
            },
        }
    }
}

impl From<Counted> for String {
    fn from(counted: Counted) -> Self {
        match counted {
            Counted::Other(name) => name,
            known => known.name().to_owned(),
        }
    }
}

/// One line of the ledger of the cleaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LedgerLine {
    /// What it counts: `input` heads and `kept` closes the ledger, between them the rules.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub rule: Counted,
    /// Rows the rule removed.
    pub rows: u64,
    /// Customers who had rows before the rule and none after it.
    pub customers: u64,
    /// Sum of the removed rows' amounts, in pennies.
    pub amount_pennies: i64,
}

/// Takes customers who asked to be forgotten from what was kept, so that the ledger has those who are in the run,
/// and adds up in all three columns.
///
/// The line `forgotten` counts their rows and themselves, which is what explains the difference. Their money it
/// does not count, and `input` does not either: often it is one customer who asks, and then the line's money, or
/// the difference of the others', would be what this customer spent.
pub fn leave_out(lines: &mut Vec<LedgerLine>, rows: u64, customers: u64, amount_pennies: i64) {
    let Some(kept) = lines.iter().position(|line| line.rule == Counted::Kept) else { return };
    lines[kept].rows = lines[kept].rows.saturating_sub(rows);
    lines[kept].customers = lines[kept].customers.saturating_sub(customers);
    for line in lines.iter_mut().filter(|line| matches!(line.rule, Counted::Input | Counted::Kept)) {
        line.amount_pennies -= amount_pennies;
    }
    match lines.iter_mut().find(|line| line.rule == Counted::Forgotten) {
        Some(line) => {
            line.rows += rows;
            line.customers += customers;
        }
        None => {
            lines.insert(kept, LedgerLine { rule: Counted::Forgotten, rows, customers, amount_pennies: 0 })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_back_as_it_was_written() {
        let known = Rule::ALL.into_iter().map(Counted::Removed);
        for line in known.chain([
            Counted::Input,
            Counted::Merged,
            Counted::Forgotten,
            Counted::Kept,
            Counted::Other("new_rule".to_owned()),
        ]) {
            assert_eq!(Counted::from(String::from(line.clone())), line);
        }
    }

    fn line(rule: Counted, rows: u64, customers: u64, amount_pennies: i64) -> LedgerLine {
        LedgerLine { rule, rows, customers, amount_pennies }
    }

    #[test]
    fn whoever_is_left_out_is_counted_and_their_money_is_nowhere() {
        let mut lines = vec![
            line(Counted::Input, 20, 6, 1000),
            line(Counted::Removed(Rule::Duplicate), 5, 1, 100),
            line(Counted::Kept, 15, 5, 900),
        ];
        leave_out(&mut lines, 3, 1, 250);
        leave_out(&mut lines, 4, 1, 50);
        assert_eq!(
            lines,
            [
                line(Counted::Input, 20, 6, 700),
                line(Counted::Removed(Rule::Duplicate), 5, 1, 100),
                line(Counted::Forgotten, 7, 2, 0),
                line(Counted::Kept, 8, 3, 600),
            ]
        );
    }
}
