//! How much was lost: what could not be read, is implausible or is too long, against a limit.
//!
//! What the source marks itself (no customer, a cancellation, a status) is no loss: it is how the data are. There a
//! share far above that of the last run is a question.

use chrono::{NaiveDate, NaiveDateTime};

use super::example::Example;
use super::ledger::Ledger;
use crate::record::{Counted, LedgerLine, Rule};
use crate::wording::{counted, money, percent};

/// Rules whose rows are lost.
const DAMAGE: [Rule; 6] = [
    Rule::MalformedRow,
    Rule::DamagedValue,
    Rule::UnparsableDate,
    Rule::UnparsableNumber,
    Rule::LongCustomer,
    Rule::ImplausibleDate,
];

/// Rules by which the source itself marks rows.
const MARKED: [Rule; 4] = [Rule::MissingCustomer, Rule::PlaceholderCustomer, Rule::NotASale, Rule::Cancelled];

/// How much larger than in the last run the share of rows that the source marks may be.
const JUMP: f64 = 0.1;

/// Largest share of the customers of the run before that may be gone from one run to the next.
const GONE: f64 = 0.2;

/// Days that the last purchase may go back from one run to the next, as when the last orders are cancelled.
const BACK: i64 = 7;

/// What one rule lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The rule.
    pub rule: Rule,
    /// Rows removed.
    pub rows: u64,
    /// Money of these rows, where it could be read.
    pub amount_pennies: i64,
    /// The first of them.
    pub example: Option<Example>,
}

/// What was lost, by rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Losses {
    /// The rules that lost something, the largest first.
    pub damage: Vec<Damage>,
    /// Share of all rows, 0 to 1.
    pub rows: f64,
    /// Share of all money that could be read, 0 to 1.
    pub money: f64,
}

/// More was lost than a run may lose.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LossError {
    /// More than the limit could not be read or is implausible.
    #[error(
        "{} of the rows and {} of the money are lost, allowed are {}: {}",
        percent(.losses.rows), percent(.losses.money), percent(*.limit), described(.losses)
    )]
    Damage {
        /// What was lost.
        losses: Box<Losses>,
        /// The limit, 0 to 1.
        limit: f64,
    },
    /// The source marks many more rows than in the run before.
    #[error(
        "{rule} removed {} of the rows, in the run before {}: something at the source has changed",
        percent(*.now), percent(*.before),
        rule = .rule.name()
    )]
    Jump {
        /// The rule.
        rule: Rule,
        /// Share of the rows in this run.
        now: f64,
        /// Share of the rows in the run before.
        before: f64,
    },
    /// Many customers of the run before are not in the data.
    #[error(
        "{gone} of the {known} customers of the run before are gone, {}: are these all purchases, or a part of them?",
        percent(*.gone as f64 / *.known as f64)
    )]
    Gone {
        /// Customers who are in the run before alone.
        gone: u64,
        /// Customers of the run before.
        known: u64,
    },
    /// The data end long before those of the run before.
    #[error("the data end on {now}, those of the run before on {before}: is this an older file?")]
    Older {
        /// The last purchase.
        now: NaiveDateTime,
        /// That of the run before.
        before: NaiveDateTime,
    },
    /// The reference date goes back.
    #[error(
        "the reference date {now} lies before {before}, that of the run before: what was bought since would be taken back"
    )]
    Backdated {
        /// The reference date.
        now: String,
        /// That of the run before.
        before: String,
    },
    /// The last days of the run before are not in the data.
    #[error(
        "the data end on {now}, and {customers} customers of the run before bought later: is this an older file?"
    )]
    CutShort {
        /// The last day with a purchase.
        now: NaiveDate,
        /// Customers who bought later in the run before.
        customers: u64,
    },
    /// What was bought since the run before brings much more or less than what had been bought until then.
    #[error(
        "a purchase since the run before brings {} where it brought {} until then ({purchases} purchases): is the money of \
         the new rows in another unit, or mistyped?",
        money(*.now as i64), money(*.before as i64)
    )]
    OtherMoney {
        /// Pennies of a purchase since.
        now: f64,
        /// Pennies of a purchase until then.
        before: f64,
        /// Purchases since.
        purchases: u64,
    },
    /// Customers came, and hardly any of those known bought again.
    #[error(
        "{came} customers came since the run before, and of its {known} only {again} bought again: do the new rows have \
         other customer ids?"
    )]
    Strangers {
        /// Customers who are in this run alone.
        came: u64,
        /// Customers of both who bought since.
        again: u64,
        /// Customers of the run before.
        known: u64,
    },
    /// Many purchases of the run before are not in the data.
    #[error(
        "{missing} of the {known} purchases of the run before are missing, {}: are these all purchases, or a part of them?",
        percent(*.missing as f64 / *.known as f64)
    )]
    Missing {
        /// Purchases that customers had more of in the run before.
        missing: u64,
        /// Purchases of the run before.
        known: u64,
    },
    /// The last purchases of many customers lie before those of the run before.
    #[error(
        "{other} of {compared} customers bought last on an earlier day than in the run before: are day and month read the \
         other way round, or are these other purchases?"
    )]
    Backwards {
        /// Customers whose last purchase went back.
        other: u64,
        /// Customers who were compared.
        compared: u64,
    },
    /// Customers who are gone have come back under another spelling of their ids.
    #[error(
        "{pairs} of the {known} customers of the run before are gone while as many came whose ids differ in case, spaces, \
         marks between digits or zeros in front only: {before:?} is {now:?} now; are ids written otherwise at the source?"
    )]
    Respelled {
        /// Pairs of an id that is gone and one that came.
        pairs: u64,
        /// Customers of the run before.
        known: u64,
        /// The id of the first pair in the run before.
        before: String,
        /// In this run.
        now: String,
    },
    /// What was known of customers is told otherwise.
    #[error(
        "{other} of {compared} customers who bought nothing since the run before have another {feature} now, in the \
         middle {times:.2} times as much: is it read from another column, in another unit, or from a part of the purchases?"
    )]
    Restated {
        /// `frequency` or `monetary`.
        feature: String,
        /// Customers of whom it differs.
        other: u64,
        /// Customers who were compared.
        compared: u64,
        /// Median of now over then.
        times: f64,
    },
}

impl Losses {
    /// The losses of a ledger. `continued` rows have no amount because it stands on another line of their invoice:
    /// nothing is lost with them.
    pub(super) fn of(ledger: &Ledger, continued: u64) -> Self {
        let Some(input) = ledger.lines.first() else { return Self::default() };
        let of_rule = |rule: Rule| {
            let line = ledger.line(rule.name())?;
            let rows = line.rows - if rule == Rule::UnparsableNumber { continued.min(line.rows) } else { 0 };
            let example = ledger.example(rule.name()).cloned();
            (rows > 0).then_some(Damage { rule, rows, amount_pennies: line.amount_pennies, example })
        };
        let mut damage: Vec<Damage> = DAMAGE.into_iter().filter_map(of_rule).collect();
        damage.sort_by_key(|damage| std::cmp::Reverse(damage.rows));
        let rows: u64 = damage.iter().map(|damage| damage.rows).sum();
        let money: i64 = damage.iter().map(|damage| damage.amount_pennies.abs()).sum();
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        Self {
            damage,
            rows: share(rows as f64, input.rows as f64),
            money: share(money as f64, input.amount_pennies.abs() as f64),
        }
    }

    /// Whether a run may lose this much: at most `limit` of the rows and of the money.
    ///
    /// # Errors
    /// [`LossError::Damage`].
    pub fn allowed(&self, limit: f64) -> Result<(), LossError> {
        if self.rows <= limit && self.money <= limit {
            return Ok(());
        }
        Err(LossError::Damage { losses: Box::new(self.clone()), limit })
    }
}

/// Compares the rows that the source marks with those of the run before.
///
/// # Errors
/// [`LossError::Jump`] where a rule's share of the rows is more than 10 points above its share there.
pub fn no_jump(now: &[LedgerLine], before: &[LedgerLine]) -> Result<(), LossError> {
    for rule in MARKED {
        let (now, before) = (share(now, rule), share(before, rule));
        if now > before + JUMP {
            return Err(LossError::Jump { rule, now, before });
        }
    }
    Ok(())
}

/// Compares the customers who are gone with all that the run before has.
///
/// # Errors
/// [`LossError::Gone`] where they are more than a fifth.
pub fn nobody_lost(gone: u64, known: u64) -> Result<(), LossError> {
    if gone as f64 <= GONE * known as f64 { Ok(()) } else { Err(LossError::Gone { gone, known }) }
}

/// Compares the last purchase with that of the run before.
///
/// # Errors
/// [`LossError::Older`] where it lies more than a week before.
pub fn not_older(now: NaiveDateTime, before: NaiveDateTime) -> Result<(), LossError> {
    if (before - now).num_days() > BACK { Err(LossError::Older { now, before }) } else { Ok(()) }
}

/// Compares the reference date with that of the run before, by days.
///
/// # Errors
/// [`LossError::Backdated`] where it lies before. The same day again is a run made again.
pub fn not_backdated(now: &str, before: &str) -> Result<(), LossError> {
    let day = |text: &str| text.get(..10).map(str::to_owned);
    match (day(now), day(before)) {
        (Some(today), Some(then)) if today < then => {
            Err(LossError::Backdated { now: now.to_owned(), before: before.to_owned() })
        }
        _ => Ok(()),
    }
}

/// Share of the rows that a rule removed.
pub(super) fn share(lines: &[LedgerLine], rule: Rule) -> f64 {
    let rows =
        |counted: &Counted| lines.iter().find(|line| line.rule == *counted).map_or(0, |line| line.rows);
    let all = rows(&Counted::Input);
    if all == 0 { 0.0 } else { rows(&Counted::Removed(rule)) as f64 / all as f64 }
}

fn described(losses: &Losses) -> String {
    let line = |damage: &Damage| {
        let example = damage.example.as_ref().map_or(String::new(), |example| {
            let values: Vec<String> =
                example.values.iter().map(|(role, value)| format!("{role} {value:?}")).collect();
            format!(", for example {} row {} ({})", example.place, example.row, values.join(", "))
        });
        let (rule, rows) = (damage.rule.name(), counted(damage.rows, "row", "rows"));
        format!("{rule} removed {rows} with {}{example}", money(damage.amount_pennies))
    };
    losses.damage.iter().map(line).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(rule: Counted, rows: u64, amount_pennies: i64) -> LedgerLine {
        LedgerLine { rule, rows, customers: 0, amount_pennies }
    }

    fn ledger(rule: Rule, rows: u64, pennies: i64) -> Ledger {
        let lines = vec![
            line(Counted::Input, 100, 1000),
            line(Counted::Removed(rule), rows, pennies),
            line(Counted::Kept, 100 - rows, 1000 - pennies),
        ];
        Ledger { lines, examples: Vec::new() }
    }

    #[test]
    fn damage_beyond_the_limit_in_rows_or_money_is_refused() {
        let of = |rule, rows, pennies| Losses::of(&ledger(rule, rows, pennies), 0);
        assert_eq!(of(Rule::UnparsableDate, 10, 100).allowed(0.1), Ok(()));
        assert!(of(Rule::UnparsableDate, 11, 0).allowed(0.1).is_err());
        let error = of(Rule::ImplausibleDate, 1, 101).allowed(0.1).expect_err("money");
        assert_eq!(
            error.to_string(),
            "1.0 % of the rows and 10.1 % of the money are lost, allowed are 10.0 %: \
             implausible_date removed 1 row with 1.01"
        );
        assert_eq!(of(Rule::UnparsableDate, 50, 500).allowed(1.0), Ok(()));
    }

    #[test]
    fn what_the_source_marks_is_no_damage() {
        for rule in
            [Rule::MissingCustomer, Rule::NotASale, Rule::PlaceholderCustomer, Rule::AfterReferenceDate]
        {
            assert_eq!(Losses::of(&ledger(rule, 90, 900), 0), Losses::default(), "{rule:?}");
        }
    }

    #[test]
    fn lines_that_continue_an_invoice_are_not_lost() {
        let losses = Losses::of(&ledger(Rule::UnparsableNumber, 60, 0), 58);
        assert_eq!((losses.damage[0].rows, losses.rows), (2, 0.02));
    }

    #[test]
    fn a_fifth_of_the_customers_may_be_gone() {
        assert_eq!(nobody_lost(20, 100), Ok(()));
        let error = nobody_lost(21, 100).expect_err("21 of 100").to_string();
        assert!(error.starts_with("21 of the 100 customers of the run before are gone, 21.0 %"), "{error}");
        assert_eq!(nobody_lost(0, 0), Ok(()));
    }

    #[test]
    fn the_last_purchase_may_go_back_a_week() {
        let day =
            |day| chrono::NaiveDate::from_ymd_opt(2011, 12, day).and_then(|day| day.and_hms_opt(12, 0, 0));
        let (now, week_later, later) =
            (day(1).expect("a day"), day(8).expect("a day"), day(9).expect("a day"));
        assert_eq!(not_older(now, week_later), Ok(()));
        let error = not_older(now, later).expect_err("eight days").to_string();
        assert!(error.starts_with("the data end on 2011-12-01 12:00:00"), "{error}");
    }

    #[test]
    fn the_reference_date_stays_or_goes_on() {
        assert_eq!(not_backdated("2026-06-28", "2026-06-28"), Ok(()));
        assert_eq!(not_backdated("2026-06-29", "2026-06-28"), Ok(()));
        assert_eq!(not_backdated("2026-06-28", "2026-06-28T15:00:00"), Ok(()), "the same day");
        let error = not_backdated("2026-05-31", "2026-06-28").expect_err("a month").to_string();
        assert!(error.starts_with("the reference date 2026-05-31 lies before 2026-06-28"), "{error}");
    }

    #[test]
    fn a_jump_of_what_the_source_marks_is_refused() {
        let (now, before) = (ledger(Rule::NotASale, 25, 0), ledger(Rule::NotASale, 16, 0));
        assert_eq!(no_jump(&now.lines, &before.lines), Ok(()));
        let before = ledger(Rule::NotASale, 14, 0);
        let error = no_jump(&now.lines, &before.lines).expect_err("11 points");
        assert!(
            error.to_string().starts_with("not_a_sale removed 25.0 % of the rows, in the run before 14.0 %"),
            "{error}"
        );
    }
}
