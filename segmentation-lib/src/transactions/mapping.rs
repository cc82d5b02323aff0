//! Which column plays which role.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a column means to the segmentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Who bought; required.
    Customer,
    /// When; required.
    Date,
    /// The purchase a line belongs to. Without it every day with a transaction is one purchase.
    Invoice,
    /// What was bought, as a code.
    Product,
    /// What was bought, in words; only cleaning rules read it.
    Description,
    /// How many.
    Quantity,
    /// Price of one.
    Price,
    /// Money of the line; where there is none it is quantity times price.
    Amount,
    /// Country of the customer.
    Country,
    /// State of the order: completed, cancelled, pending.
    Status,
    /// State of the payment: paid, refunded.
    Payment,
    /// Kind of the booking: sale, refund.
    Type,
    /// Whether or when the order was cancelled.
    Cancelled,
    /// Money of the row that was given back.
    Refunded,
    /// Currency of the amount.
    Currency,
    /// Something else that tells customers apart, such as an e-mail address; only warnings read it.
    Contact,
}

impl Role {
    /// Every role, in the order in which columns are listed.
    pub const ALL: [Self; 16] = [
        Self::Customer,
        Self::Date,
        Self::Invoice,
        Self::Product,
        Self::Description,
        Self::Quantity,
        Self::Price,
        Self::Amount,
        Self::Country,
        Self::Status,
        Self::Payment,
        Self::Type,
        Self::Cancelled,
        Self::Refunded,
        Self::Currency,
        Self::Contact,
    ];

    /// The role's name, as a mapping writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Date => "date",
            Self::Invoice => "invoice",
            Self::Product => "product",
            Self::Description => "description",
            Self::Quantity => "quantity",
            Self::Price => "price",
            Self::Amount => "amount",
            Self::Country => "country",
            Self::Status => "status",
            Self::Payment => "payment",
            Self::Type => "type",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
            Self::Currency => "currency",
            Self::Contact => "contact",
        }
    }

    /// The role's name in Brazilian Portuguese, for readers; a mapping writes [`name`](Self::name).
    pub fn em_portugues(self) -> &'static str {
        match self {
            Self::Customer => "cliente",
            Self::Date => "data",
            Self::Invoice => "fatura",
            Self::Product => "produto",
            Self::Description => "descrição",
            Self::Quantity => "quantidade",
            Self::Price => "preço",
            Self::Amount => "valor",
            Self::Country => "país",
            Self::Status => "situação",
            Self::Payment => "pagamento",
            Self::Type => "tipo",
            Self::Cancelled => "cancelamento",
            Self::Refunded => "devolvido",
            Self::Currency => "moeda",
            Self::Contact => "contato",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A mapping given in a form that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// Not of the form `role=column`.
    #[error(
        "{0:?} is no column mapping; give role=column, for example customer=\"Client No\" or customer=#1"
    )]
    NoPair(String),
    /// An unknown role.
    #[error("{0:?} is no role; the roles are {roles}", roles = Role::ALL.map(Role::name).join(", "))]
    Role(String),
    /// `#0` or `#x`.
    #[error("{0:?} is no position; positions count from #1")]
    Position(String),
}

impl FromStr for Role {
    type Err = MappingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == text.trim().to_ascii_lowercase())
            .ok_or_else(|| MappingError::Role(text.to_owned()))
    }
}

/// A column of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ColumnRef {
    /// By name; upper and lower case, spaces and underscores do not matter unless two names differ
    /// in nothing else. Written as it is.
    Name(String),
    /// By position, from 1, for data without a header. Written `#1`.
    Position(usize),
    /// No column plays the role, whatever the names suggest. Written `-`.
    Absent,
}

impl FromStr for ColumnRef {
    type Err = MappingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix('#') {
            _ if text == "-" => Ok(Self::Absent),
            None => Ok(Self::Name(text.to_owned())),
            Some(digits) => match digits.parse() {
                Ok(0) | Err(_) => Err(MappingError::Position(text.to_owned())),
                Ok(position) => Ok(Self::Position(position)),
            },
        }
    }
}

impl TryFrom<String> for ColumnRef {
    type Error = MappingError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ColumnRef> for String {
    fn from(column: ColumnRef) -> Self {
        column.to_string()
    }
}

impl fmt::Display for ColumnRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Position(position) => write!(f, "#{position}"),
            Self::Absent => f.write_str("-"),
        }
    }
}

/// The columns that the caller names; the others are recognised by their names.
///
/// In TOML it is a table of role to column:
///
/// ```toml
/// customer = "Client No"
/// date = "Booked On"
/// amount = "#5"
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ColumnMapping {
    columns: BTreeMap<Role, ColumnRef>,
}

impl ColumnMapping {
    /// Names the column that plays `role`, replacing what was named before.
    pub fn set_role(&mut self, role: Role, column: ColumnRef) -> &mut Self {
        self.columns.insert(role, column);
        self
    }

    /// Names a column as on a command line: `set("customer", "Client No")`, `set("date", "#3")`,
    /// `set("product", "-")`.
    pub fn set(&mut self, role: &str, column: &str) -> Result<&mut Self, MappingError> {
        Ok(self.set_role(role.parse()?, column.parse()?))
    }

    /// Adds one `role=column` pair, as given on a command line.
    pub fn set_pair(&mut self, pair: &str) -> Result<&mut Self, MappingError> {
        let (role, column) = pair.split_once('=').ok_or_else(|| MappingError::NoPair(pair.to_owned()))?;
        if column.is_empty() {
            return Err(MappingError::NoPair(pair.to_owned()));
        }
        self.set(role, column)
    }

    /// Parses several `role=column` pairs.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = &'a str>) -> Result<Self, MappingError> {
        let mut mapping = Self::default();
        for pair in pairs {
            mapping.set_pair(pair)?;
        }
        Ok(mapping)
    }

    /// The column named for `role`.
    pub fn get(&self, role: Role) -> Option<&ColumnRef> {
        self.columns.get(&role)
    }

    /// Whether nothing is named.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The roles named, with their columns.
    pub fn iter(&self) -> impl Iterator<Item = (Role, &ColumnRef)> {
        self.columns.iter().map(|(role, column)| (*role, column))
    }

    /// `role=column` for every role named, as [`from_pairs`](Self::from_pairs) reads it.
    pub fn pairs(&self) -> Vec<String> {
        self.iter().map(|(role, column)| format!("{}={column}", role.name())).collect()
    }

    /// Whether customer, date and money, where there is any, are given by position, so that no header is needed.
    pub(super) fn is_positional(&self) -> bool {
        let positional = |role| matches!(self.get(role), Some(ColumnRef::Position(_)));
        let without_money = self.get(Role::Amount) == Some(&ColumnRef::Absent);
        let priced = positional(Role::Quantity) && positional(Role::Price);
        positional(Role::Customer)
            && positional(Role::Date)
            && (positional(Role::Amount) || priced || without_money)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_name_columns_positions_and_absence() {
        let mapping =
            ColumnMapping::from_pairs(["customer=Client No", "date=#3", "product=-"]).expect("valid");
        assert_eq!(mapping.get(Role::Customer), Some(&ColumnRef::Name("Client No".into())));
        assert_eq!(mapping.get(Role::Date), Some(&ColumnRef::Position(3)));
        assert_eq!(mapping.get(Role::Product), Some(&ColumnRef::Absent));
        assert_eq!(mapping.get(Role::Amount), None);
    }

    #[test]
    fn pairs_are_read_back() {
        let given = ["customer=Client No", "date=#3", "product=-"];
        let mapping = ColumnMapping::from_pairs(given).expect("valid");
        assert_eq!(ColumnMapping::from_pairs(mapping.pairs().iter().map(String::as_str)), Ok(mapping));
    }

    #[test]
    fn toml_gives_the_same_mapping_as_pairs() {
        let toml: ColumnMapping = toml::from_str("customer = \"Client No\"\ndate = \"#3\"").expect("valid");
        assert_eq!(toml, ColumnMapping::from_pairs(["customer=Client No", "date=#3"]).expect("valid"));
        assert!(toml::from_str::<ColumnMapping>("client = \"x\"").is_err());
    }

    #[test]
    fn what_is_no_pair_role_or_position_is_refused() {
        let refused = |pair: &str| ColumnMapping::from_pairs([pair]).expect_err(pair);
        assert_eq!(refused("customer"), MappingError::NoPair("customer".into()));
        assert_eq!(refused("customer="), MappingError::NoPair("customer=".into()));
        assert_eq!(refused("client=x"), MappingError::Role("client".into()));
        assert_eq!(refused("customer=#0"), MappingError::Position("#0".into()));
    }
}
