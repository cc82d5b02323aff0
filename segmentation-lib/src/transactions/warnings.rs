//! What is said of the data once all rows are read.

mod amounts;
mod chain;
mod ids;
mod marks;
mod people;
mod totals;
mod units;

pub(super) use self::marks::refuse_versions;
use super::collect::Collected;
use super::currency::{code_of, is_currency};
use super::date::{DAY_MS, day_text};
use super::error::{MixedCurrency, TransactionsError};
use super::evidence::Evidence;
use super::invoices::LineMoney;
use super::mapping::Role;
use super::memo::Met;
use super::named_currency::code_among;
use super::normal::normalized;
use super::rules::Rule;
use super::{Decision, Findings, ReadOptions};
use crate::record::{Localized, Warning, WarningKind};
use crate::wording::{agreeing, counted, integer, money, percent, portuguese};

/// From which share of the rows on it is warned of what the source marks.
const MUCH: f64 = 0.1;

/// From which share of the rows or of the money on it is warned of what could not be read.
const A_FEW: f64 = 0.01;

/// A number of rows in words.
#[derive(Clone, Copy)]
struct Rows(u64);

impl Rows {
    fn linhas(self) -> String {
        portuguese(&counted(self.0, "linha", "linhas"))
    }
}

impl std::fmt::Display for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&counted(self.0, "row", "rows"))
    }
}

/// All that is known after the last row.
pub(super) struct Found<'a> {
    collected: &'a Collected,
    findings: &'a Findings,
    options: &'a ReadOptions,
    said: Vec<Decision>,
    warnings: Vec<Warning>,
}

impl<'a> Found<'a> {
    pub fn new(collected: &'a Collected, findings: &'a Findings, options: &'a ReadOptions) -> Self {
        Self { collected, findings, options, said: Vec::new(), warnings: Vec::new() }
    }

    /// Decisions and warnings.
    pub fn said(mut self) -> (Vec<Decision>, Vec<Warning>) {
        self.marks();
        self.ids();
        self.totals();
        self.sums();
        self.day_numbers();
        self.implausible_dates();
        self.lonely_last_day();
        self.currencies();
        self.without_currency();
        self.damage();
        self.no_quantities();
        self.hundredths();
        self.units();
        self.no_money();
        self.amounts();
        self.discounts();
        self.instalments();
        (self.said, self.warnings)
    }

    fn evidence(&self) -> &'a Evidence {
        &self.collected.evidence
    }

    /// The name of a role's column in the first table that has one.
    fn column(&self, role: Role) -> Option<&'a str> {
        self.findings.layouts.iter().find_map(|layout| layout.name(role))
    }

    fn warn(&mut self, kind: WarningKind, en: String, pt_br: String) {
        self.warnings.push(Warning { kind, text: Localized { en, pt_br } });
    }

    /// Rows, customers and money that a rule removed, where it did.
    fn removed(&self, rule: Rule) -> Option<(u64, i64)> {
        let line = self.collected.ledger.line(rule.name()).filter(|line| line.rows > 0)?;
        Some((line.rows, line.amount_pennies))
    }

    /// The currency of the amounts, where the data names one.
    ///
    /// # Errors
    /// Several, none of which was asked for.
    pub fn currency(&self) -> Result<Option<String>, TransactionsError> {
        if let Some(keep) = &self.options.currencies.keep {
            return Ok(Some(code_of(keep)));
        }
        let named = &self.findings.named_currencies;
        let mut found: Vec<MixedCurrency> = Vec::new();
        for (text, met) in self.named_currencies() {
            let code = code_among(text, named);
            match found.iter_mut().find(|known| known.code == code) {
                Some(known) => {
                    known.rows += met.rows;
                    known.pennies += met.pennies;
                }
                None => found.push(MixedCurrency { code, rows: met.rows, pennies: met.pennies }),
            }
        }
        if found.is_empty() {
            let mut codes: Vec<String> =
                self.findings.signs.iter().map(|sign| code_among(sign, named)).collect();
            codes.sort();
            codes.dedup();
            found = codes.into_iter().map(MixedCurrency::of).collect();
        }
        // A name does not beat what stands beside the amounts: where both differ, that is asked.
        for code in named {
            if found.iter().all(|known| known.code != *code) {
                found.push(MixedCurrency::of((*code).to_owned()));
            }
        }
        if found.len() > 1 && !self.options.currencies.are_told_apart() {
            found.sort_by(|a, b| b.rows.cmp(&a.rows).then(a.code.cmp(&b.code)));
            return Err(TransactionsError::MixedCurrencies { found });
        }
        Ok(found
            .into_iter()
            .next()
            .filter(|_| !self.options.currencies.are_told_apart())
            .map(|found| found.code))
    }

    /// The values of the column of currencies. One whose name says little holds numbers or names as often: then it tells
    /// nothing.
    fn named_currencies(&self) -> impl Iterator<Item = (&'a String, &'a Met)> {
        let values = self.evidence().values(Role::Currency);
        let known = values.sum(is_currency).rows;
        let is_weak = self.findings.layouts.iter().any(|layout| layout.is_weak(Role::Currency));
        let is_used = !is_weak || known * 5 >= values.sum(|_| true).rows * 4;
        values.0.iter().filter(move |_| is_used)
    }

    /// Amounts without a currency beside those that have one.
    fn without_currency(&mut self) {
        let named: u64 = self.named_currencies().map(|(_, met)| met.rows).sum();
        let rows = self.collected.rows.saturating_sub(named);
        let is_said = self.options.currencies.are_told_apart() || !self.findings.named_currencies.is_empty();
        let Some(code) = self.currency().ok().flatten().filter(|_| named > 0 && !is_said) else { return };
        if rows as f64 <= A_FEW * self.collected.rows as f64 {
            return;
        }
        let n = Rows(rows);
        let verb = agreeing(rows, "names no currency and counts", "name no currency and count");
        let verbo = agreeing(rows, "não diz a moeda e conta", "não dizem a moeda e contam");
        self.warn(
            WarningKind::Currencies,
            format!("{n} {verb} as {code}"),
            format!("{} {verbo} como {code}", n.linhas()),
        );
    }

    fn currencies(&mut self) {
        let Some((rows, pennies)) = self.removed(Rule::OtherCurrency) else { return };
        let keep = self.options.currencies.keep.clone().unwrap_or_default();
        let (n, m) = (Rows(rows), money(pennies));
        self.warn(
            WarningKind::Currencies,
            format!("{n} with {m} removed: in another currency than {keep}"),
            format!("removidas {} com {}: em outra moeda que não {keep}", n.linhas(), portuguese(&m)),
        );
    }

    /// A discount beside prices: whether it is in them already only the shop knows.
    fn discounts(&mut self) {
        const NAMES: [&str; 8] =
            ["discount", "desconto", "descuento", "rabatt", "remise", "coupon", "voucher", "promo"];
        let priced = |layout: &&super::header::Layout| {
            let own = layout.column(Role::Amount).is_none();
            layout.has_money() && (own || self.findings.conventions.line_money == LineMoney::Priced)
        };
        let Some(layout) = self.findings.layouts.iter().find(priced) else { return };
        let is_discount = |name: &&String| NAMES.iter().any(|part| normalized(name).contains(part));
        let (unused, price) = (layout.unused(), layout.name(Role::Price).unwrap_or_default());
        let Some(column) = unused.iter().find(is_discount) else { return };
        self.warn(
            WarningKind::UnusedColumn,
            format!(
                "{column} is not used: money is quantity times {price}, which must be the price after it"
            ),
            format!(
                "{column} não é usada: o valor é quantidade vezes {price}, que deve ser o preço já com ele"
            ),
        );
    }

    fn no_money(&mut self) {
        if self.findings.columns.money {
            return;
        }
        self.warn(
            WarningKind::NoMoney,
            "the data holds no money: segments rest on when and how often customers purchased, every amount shown as 0 is \
             not known, and the RFM groups take the number of purchases for the monetary score"
                .to_owned(),
            "os dados não têm valores: os segmentos dependem de quando e quantas vezes os clientes compraram, todo valor \
             mostrado como 0 é desconhecido, e os grupos RFM usam o número de compras como nota monetária"
                .to_owned(),
        );
    }

    fn day_numbers(&mut self) {
        let serials = &self.evidence().serials;
        let Some(first) = serials.first.as_ref().filter(|_| self.findings.conventions.serial_days) else {
            return;
        };
        let day = super::date::from_serial_text(&first.text).map_or(0, |ms| ms.div_euclid(DAY_MS));
        let (rows, day) = (serials.rows, day_text(day));
        let n = counted(rows, "date is a spreadsheet's day number", "dates are a spreadsheet's day numbers");
        let pt = counted(rows, "data é número de dia", "datas são números de dias");
        self.warn(
            WarningKind::DayNumbers,
            format!("{n}: {first} is {day}"),
            format!("{} de uma planilha: {first} é {day}", portuguese(&pt)),
        );
    }

    fn implausible_dates(&mut self) {
        let Some((rows, pennies)) = self.removed(Rule::ImplausibleDate) else { return };
        let Some((first, last)) = self.findings.conventions.plausible else { return };
        let (n, m) = (Rows(rows), money(pennies));
        let example = self.example(Rule::ImplausibleDate, "date");
        let (first, last) = (day_text(first), day_text(last));
        self.warn(
            WarningKind::ImplausibleDates,
            format!("{n} with {m} removed: a date far from all others, {first} to {last}, such as {example}"),
            format!(
                "removidas {} com {}: data distante de todas as outras, {first} a {last}, como {example}",
                n.linhas(),
                portuguese(&m)
            ),
        );
    }

    fn lonely_last_day(&mut self) {
        let Some((before, last)) = self.evidence().days.lonely_last() else { return };
        let (days, before, last) = (integer((last - before) as u64), day_text(before), day_text(last));
        let (place, row) = (&self.evidence().latest.place, self.evidence().latest.row);
        self.warn(
            WarningKind::ImplausibleDates,
            format!(
                "the last purchases, on {last}, stand {days} days after all others, which end on {before}, and every recency \
                 counts to them: a reference date before them leaves them out; the first is {place} row {row}"
            ),
            format!(
                "as últimas compras, em {last}, ficam {} dias depois de todas as outras, que terminam em {before}, e toda \
                 recência conta até elas: uma data de referência anterior as deixa de fora; a primeira é {place} linha {row}",
                portuguese(&days)
            ),
        );
    }

    /// The first row that a rule removed, with its value of one role.
    fn example(&self, rule: Rule, role: &str) -> String {
        let Some(example) = self.collected.ledger.example(rule.name()) else { return String::new() };
        let value =
            example.values.iter().find(|(name, _)| *name == role).map_or("", |(_, value)| value.as_str());
        let shown: String = value.chars().take(60).collect();
        let shown = if shown.len() < value.len() { format!("{shown}…") } else { shown };
        format!("{shown:?} ({} row {})", example.place, example.row)
    }

    /// Rows that could not be read: a NUL byte or a long id whatever their share, else where they are a few in a hundred.
    fn damage(&mut self) {
        let cases = [
            (Rule::DamagedValue, "customer", "a NUL byte", "um byte NUL"),
            (
                Rule::LongCustomer,
                "customer",
                "a customer id of more than 256 bytes",
                "identificador com mais de 256 bytes",
            ),
            (Rule::MalformedRow, "customer", "more values than columns", "mais valores que colunas"),
            (Rule::UnparsableDate, "date", "no date that can be read", "sem data legível"),
            (Rule::UnparsableNumber, "amount", "no amount that can be read", "sem valor legível"),
        ];
        for (rule, role, en, pt) in cases {
            let continued = if rule == Rule::UnparsableNumber { self.evidence().continued.rows() } else { 0 };
            let Some((rows, pennies)) = self.removed(rule) else { continue };
            let rows = rows.saturating_sub(continued);
            let always = matches!(rule, Rule::DamagedValue | Rule::LongCustomer);
            if rows == 0 || !always && self.share_of(rows, pennies) < A_FEW {
                continue;
            }
            let (n, m, example) = (Rows(rows), money(pennies), self.example(rule, role));
            self.warn(
                WarningKind::DamagedRows,
                format!("{n} with {m} removed: {en}, such as {example}"),
                format!("removidas {} com {}: {pt}, como {example}", n.linhas(), portuguese(&m)),
            );
        }
    }

    /// Whole numbers that may be cents, unless the currency has none.
    fn hundredths(&mut self) {
        const WITHOUT: [&str; 13] =
            ["JPY", "KRW", "CLP", "PYG", "VND", "ISK", "UGX", "XAF", "XOF", "COP", "IDR", "IRR", "LBP"];
        let has_none = self.currency().ok().flatten().is_some_and(|code| WITHOUT.contains(&code.as_str()));
        let Some(column) = self.column(Role::Amount).filter(|_| !has_none) else { return };
        if self.evidence().hundredths.may_be_millionths() {
            return self.millionths(column);
        }
        if !self.evidence().hundredths.may_be() {
            return;
        }
        self.warn(
            WarningKind::MinorUnits,
            format!("every {column} is a whole number: where they are cents, all money is shown 100 times too large"),
            format!("todo {column} é um número inteiro: se forem centavos, todo valor aparece 100 vezes maior"),
        );
    }

    /// Quantities that are no numbers, where they are a few in a hundred.
    fn no_quantities(&mut self) {
        let rows = self.evidence().no_quantities;
        let Some(column) = self.column(Role::Quantity).filter(|_| rows > 0) else { return };
        if self.share_of(rows, 0) < A_FEW {
            return;
        }
        let n = Rows(rows);
        self.warn(
            WarningKind::UnknownValues,
            format!("{column}: {n} hold no number and count without a quantity"),
            format!("{column}: {} sem número, contadas sem quantidade", n.linhas()),
        );
    }

    /// Share of all rows or of all money, the larger.
    fn share_of(&self, rows: u64, pennies: i64) -> f64 {
        let Some(input) = self.collected.ledger.lines.first() else { return 0.0 };
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        let of_rows = share(rows as f64, input.rows as f64);
        of_rows.max(share(pennies.abs() as f64, input.amount_pennies.abs() as f64))
    }

    /// What the source marks itself, where it is much.
    fn marked(&mut self, rule: Rule, en: &str, pt: &str) {
        let share = super::losses::share(&self.collected.ledger.lines, rule);
        let Some((rows, pennies)) = self.removed(rule).filter(|_| share >= MUCH) else { return };
        let (n, share, m) = (Rows(rows), percent(share), money(pennies));
        self.warn(
            WarningKind::MarkedRows,
            format!("{n} ({share}) with {m} removed: {en}"),
            format!("removidas {} ({}) com {}: {pt}", n.linhas(), portuguese(&share), portuguese(&m)),
        );
    }

    fn is_named_email(&self, role: Role) -> bool {
        self.column(role).is_some_and(|name| normalized(name).contains("mail"))
    }
}
