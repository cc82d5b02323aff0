//! From column names to roles.

mod fees;
mod flags;
mod sequences;
mod synonyms;

use std::collections::{BTreeMap, BTreeSet};

use self::fees::paid_before_fees;
use self::flags::flags;
pub(super) use self::flags::{FLAGS, Flag, Says, is_credit, is_debit};
pub(super) use self::sequences::is_of_instalments;
pub(super) use self::synonyms::is_flag;
use self::synonyms::{is_after, is_secondary, names_partly, synonyms};
use super::mapping::{ColumnMapping, ColumnRef, Role};
use super::normal::normalized;

/// Number of roles.
pub(super) const ROLES: usize = Role::ALL.len();

/// Values of a row that are looked at: one for each role, then those of the flags.
pub(super) const SLOTS: usize = ROLES + FLAGS;

/// A file's columns and the roles they play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub columns: Vec<String>,
    roles: [Option<usize>; ROLES],
    /// Roles whose column has a name that other columns have too, such as `type`.
    weak: [bool; ROLES],
    flags: Vec<Flag>,
}

/// Why a header does not settle which column plays which role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsettled {
    /// The mapping names a column that is not there.
    #[error("there is no column {column:?} for {role}")]
    NotFound {
        /// The role.
        role: Role,
        /// The column as the mapping names it.
        column: String,
    },
    /// Several columns suggest the same role.
    #[error("several columns may be the {role}: {}", numbered(candidates))]
    Several {
        /// The role.
        role: Role,
        /// Their positions, from 1, and names.
        candidates: Vec<(usize, String)>,
    },
    /// No column suggests these roles.
    #[error("no column is recognised as {}", needed(roles))]
    Missing {
        /// The roles; [`Role::Amount`] where there is neither an amount nor a quantity with a price.
        roles: Vec<Role>,
        /// The columns without a role, which one of them may be.
        unused: Vec<String>,
    },
}

/// The names; where two are the same, with their positions.
fn numbered(columns: &[(usize, String)]) -> String {
    let same = |name: &String| columns.iter().filter(|(_, other)| other == name).count() > 1;
    let shown = |(at, name): &(usize, String)| match same(name) {
        true => format!("{name:?} (column {at})"),
        false => format!("{name:?}"),
    };
    columns.iter().map(shown).collect::<Vec<_>>().join(", ")
}

fn needed(roles: &[Role]) -> String {
    let name = |role: &Role| match role {
        Role::Amount => "amount (or quantity and price)",
        role => role.name(),
    };
    roles.iter().map(name).collect::<Vec<_>>().join(", ")
}

impl Layout {
    /// Settles the roles of `columns`: the mapping first, names for the rest. There must be money, unless the mapping
    /// says that there is none.
    pub fn resolve(columns: &[String], mapping: &ColumnMapping) -> Result<Self, Unsettled> {
        let declared = mapping.get(Role::Amount) == Some(&ColumnRef::Absent);
        let layout = Self::suggest(columns, mapping)?;
        if declared { layout.complete(&[]) } else { layout.complete(&[Role::Amount]) }
    }

    /// As [`Layout::resolve`], where no column can be money: every one has another role.
    pub fn without_money(columns: &[String], mapping: &ColumnMapping) -> Result<Self, Unsettled> {
        let layout = Self::suggest(columns, mapping)?;
        let may_be_money = !layout.unused().is_empty() || layout.column(Role::Price).is_some();
        if may_be_money { layout.complete(&[Role::Amount]) } else { layout.complete(&[]) }
    }

    fn suggest(columns: &[String], mapping: &ColumnMapping) -> Result<Self, Unsettled> {
        let mut roles = [None; ROLES];
        let mut taken = vec![false; columns.len()];
        for (role, column) in mapping.iter() {
            let at = position(columns, column)
                .map_err(|candidates| Unsettled::Several { role, candidates })?
                .filter(|_| *column != ColumnRef::Absent);
            if at.is_none() && *column != ColumnRef::Absent {
                return Err(Unsettled::NotFound { role, column: column.to_string() });
            }
            roles[role as usize] = at;
            at.into_iter().for_each(|at| taken[at] = true);
        }
        let mut names: Vec<String> = columns.iter().map(|name| normalized(name)).collect();
        line_amounts_called_prices(&mut names);
        order_called_name(&mut names);
        let mut bare: Vec<String> = columns.iter().map(|name| bare(name)).collect();
        line_amounts_called_prices(&mut bare);
        for role in Role::ALL.into_iter().filter(|role| mapping.get(*role).is_none()) {
            let at = suggested(role, &names, &bare, &taken).map_err(|found| Unsettled::Several {
                role,
                candidates: found.iter().map(|&at| (at + 1, columns[at].clone())).collect(),
            })?;
            roles[role as usize] = at;
            at.into_iter().for_each(|at| taken[at] = true);
        }
        let amount = roles[Role::Amount as usize].filter(|_| mapping.get(Role::Amount).is_none());
        if let Some(amount) = amount
            && let Some(paid) = paid_before_fees(&bare, amount)
        {
            let candidates = [paid, amount].map(|at| (at + 1, columns[at].clone())).to_vec();
            return Err(Unsettled::Several { role: Role::Amount, candidates });
        }
        // What is in a name only partly, once all whole names have found their roles.
        for role in Role::ALL.into_iter().filter(|role| mapping.get(*role).is_none()) {
            let partly = |at: &usize| !taken[*at] && names_partly(role, &names[*at]);
            let best = (0..names.len()).filter(partly).min_by_key(|at| is_secondary(&names[*at]));
            if let Some(at) = best.filter(|_| roles[role as usize].is_none()) {
                roles[role as usize] = Some(at);
                taken[at] = true;
            }
        }
        let weak = Role::ALL.map(|role| {
            let strongest = synonyms(role).first().copied().unwrap_or_default();
            let named = roles[role as usize].filter(|_| mapping.get(role).is_none());
            named.is_some_and(|at| !strongest.contains(&names[at].as_str()))
        });
        let name = |role: Role| roles[role as usize].map_or("", |at: usize| names[at].as_str());
        if mapping.get(Role::Refunded).is_none() && is_after(name(Role::Amount), name(Role::Refunded)) {
            roles[Role::Refunded as usize] = None;
        }
        let refunds = roles[Role::Refunded as usize].is_some();
        let flags = flags(columns, &taken, mapping.get(Role::Cancelled).is_none(), refunds);
        Ok(Self { columns: columns.to_vec(), roles, weak, flags }.with_entries())
    }

    /// The layout in which a description is watched where nothing tells of goods: it may say what an entry of a ledger is.
    fn with_entries(mut self) -> Self {
        let tells_goods =
            [Role::Product, Role::Quantity, Role::Price].into_iter().any(|role| self.column(role).is_some());
        let column = self.column(Role::Description).filter(|_| !tells_goods && self.flags.len() < FLAGS);
        self.flags.extend(column.map(|column| Flag { column, says: Says::Entry, used: false }));
        self
    }

    /// The layout without flags of these names: their values are no answers.
    pub fn without_flags(mut self, names: &BTreeSet<String>) -> Self {
        self.flags.retain(|flag| !names.contains(&self.columns[flag.column]));
        self
    }

    /// The layout in which columns of these names are flags and hold no money that was given back; `used` says whether rows
    /// may be removed by them.
    pub fn without_refunds(mut self, names: &BTreeMap<String, Says>, used: bool) -> Self {
        let Some(column) = self.column(Role::Refunded) else { return self };
        if let Some(says) = names.get(&self.columns[column]).copied() {
            self.roles[Role::Refunded as usize] = None;
            self.flags.truncate(FLAGS - 1);
            self.flags.push(Flag { column, says, used: used && says == Says::NoSale });
        }
        self
    }

    /// The layout with a column of currencies.
    pub fn with_currency(mut self, column: usize) -> Self {
        self.roles[Role::Currency as usize] = Some(column);
        self.weak[Role::Currency as usize] = true;
        self.flags.retain(|flag| flag.column != column);
        self
    }

    fn complete(self, besides: &[Role]) -> Result<Self, Unsettled> {
        let is_there = |role: &Role| match role {
            Role::Amount => self.has_money(),
            role => self.column(*role).is_some(),
        };
        let needed = [Role::Customer, Role::Date].iter().chain(besides);
        let roles: Vec<Role> = needed.filter(|role| !is_there(role)).copied().collect();
        if roles.is_empty() { Ok(self) } else { Err(Unsettled::Missing { roles, unused: self.unused() }) }
    }

    /// Whether the names suggest a customer and a date.
    pub fn names_a_purchase(columns: &[String]) -> bool {
        match Self::suggest(columns, &ColumnMapping::default()) {
            Ok(layout) => [Role::Customer, Role::Date].iter().all(|role| layout.column(*role).is_some()),
            Err(_) => true,
        }
    }

    /// Whether there is an amount, or a quantity with a price.
    pub fn has_money(&self) -> bool {
        let has = |role| self.column(role).is_some();
        has(Role::Amount) || has(Role::Quantity) && has(Role::Price)
    }

    /// The columns that have a name and no role.
    pub fn unused(&self) -> Vec<String> {
        let is_flag = |at: &usize| self.flags.iter().any(|flag| flag.column == *at && flag.used);
        let unused =
            |at: &usize| !self.columns[*at].is_empty() && !self.roles.contains(&Some(*at)) && !is_flag(at);
        (0..self.columns.len()).filter(unused).map(|at| self.columns[at].clone()).collect()
    }

    /// Where `role`'s column is, from 0.
    pub fn column(&self, role: Role) -> Option<usize> {
        self.roles[role as usize]
    }

    /// The columns that say of a row whether it is a sale, besides those of the roles.
    pub fn flags(&self) -> &[Flag] {
        &self.flags
    }

    /// Where the values that are looked at stand in a [`Row`](super::field::Row), and in which column.
    pub fn slots(&self) -> impl Iterator<Item = (usize, usize)> {
        let roles = Role::ALL.into_iter().filter_map(|role| Some((role as usize, self.column(role)?)));
        let flags = self.flags.iter().enumerate().map(|(at, flag)| (ROLES + at, flag.column));
        roles.chain(flags)
    }

    /// The names of the columns that are looked at.
    pub fn used_columns(&self) -> impl Iterator<Item = &str> {
        self.slots().map(|(_, column)| self.columns[column].as_str())
    }

    /// Whether a column holds remarks: they are read where rows are read, and are worth no trip of their own.
    pub fn is_remark(&self, name: &str) -> bool {
        let is_it = |flag: &Flag| flag.says == Says::Remark && self.columns[flag.column] == name;
        self.flags.iter().any(is_it)
    }

    /// Whether `role`'s column was recognised by a name that other columns have too.
    pub fn is_weak(&self, role: Role) -> bool {
        self.weak[role as usize]
    }

    /// The name of `role`'s column.
    pub fn name(&self, role: Role) -> Option<&str> {
        self.column(role).map(|at| self.columns[at].as_str())
    }

    /// Whether the columns are the Online Retail data's, whose `StockCode` holds codes of one letter
    /// that are no products.
    pub fn has_stock_codes(&self) -> bool {
        self.name(Role::Product).is_some_and(|name| normalized(name) == "stockcode")
    }

    /// `customer = CustomerID, date = InvoiceDate, …`.
    pub fn describe(&self) -> String {
        self.pairs(Role::name)
    }

    /// `cliente = CustomerID, data = InvoiceDate, …`.
    pub fn em_portugues(&self) -> String {
        self.pairs(Role::em_portugues)
    }

    fn pairs(&self, named: impl Fn(Role) -> &'static str) -> String {
        let pair = |role| self.name(role).map(|name| format!("{} = {name}", named(role)));
        let used = self.flags.iter().filter(|flag| flag.used);
        let flags = used.map(|flag| format!("{} = {}", named(Role::Cancelled), self.columns[flag.column]));
        Role::ALL.into_iter().filter_map(pair).chain(flags).collect::<Vec<_>>().join(", ")
    }
}

/// Finds a named column: by exact name, else by normalised name; two matches are an error.
fn position(columns: &[String], column: &ColumnRef) -> Result<Option<usize>, Vec<(usize, String)>> {
    let name = match column {
        ColumnRef::Absent => return Ok(None),
        ColumnRef::Position(position) => {
            return Ok((1..=columns.len()).contains(position).then(|| position - 1));
        }
        ColumnRef::Name(name) => name,
    };
    let wanted = normalized(name);
    let find = |is: &dyn Fn(&String) -> bool| -> Vec<usize> {
        (0..columns.len()).filter(|&at| is(&columns[at])).collect()
    };
    let mut found = find(&|column| column == name);
    if found.is_empty() {
        found = find(&|column| normalized(column) == wanted);
    }
    match found.as_slice() {
        [] => Ok(None),
        [at] => Ok(Some(*at)),
        several => Err(several.iter().map(|&at| (at + 1, columns[at].clone())).collect()),
    }
}

/// The column whose name suggests `role`: the strongest names first; two of equal strength are an error,
/// except for roles that nothing depends on, where the first is taken.
///
/// Names with their unit, such as `Total (BRL)`, come after all others.
fn suggested(
    role: Role,
    names: &[String],
    bare: &[String],
    taken: &[bool],
) -> Result<Option<usize>, Vec<usize>> {
    let free = |is: &dyn Fn(usize) -> bool| -> Vec<usize> {
        (0..names.len()).filter(|&at| !taken[at] && is(at)).collect()
    };
    let tiers = synonyms(role);
    let exact = tiers.iter().map(|tier| free(&|at| tier.contains(&names[at].as_str())));
    let with_unit = tiers.iter().map(|tier| free(&|at| tier.contains(&bare[at].as_str())));
    for found in exact.chain(with_unit) {
        match found.as_slice() {
            [] => continue,
            [at] => return Ok(Some(*at)),
            [at, ..] if !decides(role) => return Ok(Some(*at)),
            _ => return one_of(role, names, &found).map(Some).ok_or(found),
        }
    }
    Ok(None)
}

/// The candidate to take where the choice hurts nobody: the order's id rather than its number, a customer's code rather
/// than whatever else is called `customer`, and any code of a product.
fn one_of(role: Role, names: &[String], found: &[usize]) -> Option<usize> {
    let rank = |at: &usize| {
        let tiers = synonyms(role).iter().flat_map(|tier| tier.iter());
        tiers.enumerate().find(|(_, name)| **name == names[*at]).map_or(usize::MAX, |(rank, _)| rank)
    };
    let first = |found: &[usize]| found.iter().copied().min_by_key(rank);
    match role {
        Role::Product => {
            first(found).filter(|at| found.iter().all(|other| other == at || names[*other] != names[*at]))
        }
        Role::Invoice if found.iter().all(|at| ORDERS.contains(&names[*at].as_str())) => first(found),
        // Olist's other id is one per order.
        Role::Customer if found.iter().filter(|at| names[**at] == UNIQUE).count() == 1 => {
            found.iter().copied().find(|at| names[*at] == UNIQUE)
        }
        Role::Customer => {
            let coded =
                |at: &&usize| !["customer", "client", "cliente", "kunde"].contains(&names[**at].as_str());
            let mut codes = found.iter().filter(coded);
            codes.next().filter(|_| codes.next().is_none()).copied()
        }
        _ => None,
    }
}

/// The id of a person beside an id for each order.
const UNIQUE: &str = "customeruniqueid";

/// Names of an order's two numbers, of which each tells all orders apart.
const ORDERS: [&str; 8] = [
    "orderid",
    "ordernumber",
    "orderno",
    "pedidoid",
    "idpedido",
    "numeropedido",
    "numerodopedido",
    "nrpedido",
];

/// Whether the result depends on the role so much that two candidates are a question.
fn decides(role: Role) -> bool {
    matches!(
        role,
        Role::Customer
            | Role::Date
            | Role::Invoice
            | Role::Product
            | Role::Quantity
            | Role::Price
            | Role::Amount
    )
}

/// Amazon's reports call the amount of a line, for all its pieces, its price.
fn line_amounts_called_prices(names: &mut [String]) {
    if names.iter().any(|name| name == "amazonorderid") {
        names.iter_mut().filter(|name| *name == "itemprice").for_each(|name| *name = "lineamount".to_owned());
    }
}

/// Shopify's list of orders calls an order's number its name.
fn order_called_name(names: &mut [String]) {
    if names.iter().any(|name| name == "financialstatus") {
        names.iter_mut().filter(|name| *name == "name").for_each(|name| *name = "ordername".to_owned());
    }
}

/// The normalised name without what stands in brackets and without units at its end: `Total (BRL)`, `Betrag CHF`,
/// `Created (UTC)`.
fn bare(name: &str) -> String {
    const UNITS: [&str; 32] = [
        "eur", "usd", "gbp", "brl", "chf", "jpy", "inr", "cad", "aud", "mxn", "ars", "clp", "cop", "r",
        "cents", "cent", "centavos", "centimos", "centimes", "micros", "utc", "gmt", "brutto", "bruto",
        "gross", "ttc", "euro", "euros", "reais", "dollars", "inkl", "mwst",
    ];
    let outside = name.split(['(', '[']).next().unwrap_or_default();
    let words: Vec<String> = outside
        .split(|c: char| !c.is_alphanumeric())
        .map(normalized)
        .filter(|word| !word.is_empty())
        .collect();
    let end = words.iter().rposition(|word| !UNITS.contains(&word.as_str())).map_or(0, |last| last + 1);
    // "Valor em centavos" is the value.
    let joins = end > 1 && end < words.len() && ["em", "in", "en"].contains(&words[end - 1].as_str());
    words[..end - usize::from(joins)].concat()
}

#[cfg(test)]
mod tests;
