//! The cleaning rules: which rows are not purchases, and what is done about returns.

pub(super) mod codes;
pub(super) mod words;

use serde::{Deserialize, Serialize};

pub use crate::record::Rule;

pub(super) use codes::is_non_product;
pub(super) use words::is_no_product;

/// Number of rules.
pub(super) const RULES: usize = Rule::ALL.len();

/// A rule as the data dictionary shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleInfo {
    /// The rule.
    pub rule: Rule,
    /// What it removes and why, in English.
    pub en: &'static str,
    /// What it removes and why, in Brazilian Portuguese.
    pub pt_br: &'static str,
    /// Whether it is on by default.
    pub default: bool,
    /// Whether switching it off makes such a row an error, because it cannot be kept.
    pub required: bool,
}

impl Rule {
    /// The rule's entry in the data dictionary.
    pub fn info(self) -> &'static RuleInfo {
        &INFO[self as usize]
    }
}

const INFO: [RuleInfo; RULES] = [
    RuleInfo {
        rule: Rule::MalformedRow,
        en: "the row has more values than the header has columns, so values may stand under the wrong column",
        pt_br: "a linha tem mais valores do que o cabeçalho tem colunas; os valores podem estar na coluna errada",
        default: true,
        required: true,
    },
    RuleInfo {
        rule: Rule::DamagedValue,
        en: "a value that is used holds a NUL byte, so the file was damaged there",
        pt_br: "um valor usado contém um byte NUL; o arquivo foi danificado ali",
        default: true,
        required: true,
    },
    RuleInfo {
        rule: Rule::UnparsableDate,
        en: "the date is empty, is no date, or lies outside the years 1900 to 2199",
        pt_br: "a data está vazia, não é uma data ou está fora dos anos 1900 a 2199",
        default: true,
        required: true,
    },
    RuleInfo {
        rule: Rule::UnparsableNumber,
        en: "the amount, or the quantity or price it is made of, is empty or no number",
        pt_br: "o valor, ou a quantidade ou o preço que o formam, está vazio ou não é um número",
        default: true,
        required: true,
    },
    RuleInfo {
        rule: Rule::MissingCustomer,
        en: "the row names no customer, so it cannot count for one",
        pt_br: "a linha não identifica o cliente e não pode ser atribuída a nenhum",
        default: true,
        required: true,
    },
    RuleInfo {
        rule: Rule::PlaceholderCustomer,
        en: "the customer id stands for nobody: 0, -1, -, guest, anonymous, unknown, walk-in, consumidor final, \
             gast, client comptoir, 000.000.000-00 and the like, in five languages",
        pt_br: "o identificador não é de ninguém: 0, -1, -, guest, anonymous, walk-in, consumidor final, \
                não informado, 000.000.000-00 e semelhantes, em cinco idiomas",
        default: true,
        required: false,
    },
    RuleInfo {
        rule: Rule::LongCustomer,
        en: "the customer id has more than 256 bytes, which no run stores",
        pt_br: "o identificador do cliente tem mais de 256 bytes, o que nenhuma execução armazena",
        default: true,
        required: true,
    },
    RuleInfo {
        rule: Rule::ImplausibleDate,
        en: "the date is far from all others (at least a year, and ten times the widest gap between them) and \
             hardly any row has such a date, or it is ten years from them, or a day that gathers rows and is farther from them \
             than they are from one another, or what a program writes for no date, such as 1900-01-01, 1970-01-01 or 2099-12-31",
        pt_br: "a data está longe de todas as outras (ao menos um ano e dez vezes o maior intervalo entre elas) e \
                quase nenhuma linha tem uma data assim, ou está a dez anos delas, ou é um dia que reúne linhas, mais distante \
                delas do que elas entre si, ou é o que um programa escreve quando não há data, como 1900-01-01, 1970-01-01 ou \
                2099-12-31",
        default: true,
        required: false,
    },
    RuleInfo {
        rule: Rule::NotASale,
        en: "a status, type or cancellation column marks the row as no sale: cancelled, failed, pending, refunded \
             and the like, in five languages; values that are not known are kept",
        pt_br: "uma coluna de situação, tipo ou cancelamento marca a linha como não venda: cancelado, recusado, \
                pendente, estornado e semelhantes, em cinco idiomas; valores desconhecidos são mantidos",
        default: true,
        required: false,
    },
    RuleInfo {
        rule: Rule::OtherCurrency,
        en: "the amount is in another currency than the one that was asked for",
        pt_br: "o valor está em outra moeda que não a pedida",
        default: true,
        required: true,
    },
    RuleInfo {
        rule: Rule::BadDebt,
        en: "an accounting entry: the description is \"Adjust bad debt\", or an invoice A… has the stock code B",
        pt_br: "lançamento contábil: a descrição é \"Adjust bad debt\" ou a fatura A… tem o código B",
        default: true,
        required: false,
    },
    RuleInfo {
        rule: Rule::NonProduct,
        en: "the product is postage, a fee, a discount, a sample, a voucher or a test: POST, DOT, C2, CRUK, PADS, \
             BANK CHARGES, AMAZONFEE, ADJUST, gift_…, TEST…, and B, D, M, S where the column is StockCode, else where product or description is nothing but such a word; and sums of \
             other rows, by word; upper or lower case",
        pt_br: "o produto é frete, tarifa, desconto, amostra, vale ou teste: POST, DOT, C2, CRUK, PADS, BANK CHARGES, \
                AMAZONFEE, ADJUST, gift_…, TEST…, e B, D, M, S quando a coluna é StockCode, senão quando o produto ou a descrição é só uma dessas palavras; e somas de \
                outras linhas, pela palavra; maiúsculas ou minúsculas",
        default: true,
        required: false,
    },
    RuleInfo {
        rule: Rule::Cancelled,
        en: "with returns dropped: the invoice is C and digits and its quantity or amount is not positive",
        pt_br: "com devoluções descartadas: a fatura é C seguido de dígitos e a quantidade ou o valor não é positivo",
        default: true,
        required: false,
    },
    RuleInfo {
        rule: Rule::NonPositiveQuantity,
        en: "the quantity is zero or negative; with returns netted only where no money moves",
        pt_br: "a quantidade é zero ou negativa; com devoluções compensadas, apenas quando não há valor",
        default: true,
        required: false,
    },
    RuleInfo {
        rule: Rule::NonPositivePrice,
        en: "the unit price is zero or negative: a gift, a sample or a correction (data without an amount column)",
        pt_br: "o preço unitário é zero ou negativo: brinde, amostra ou correção (dados sem coluna de valor)",
        default: true,
        required: false,
    },
    RuleInfo {
        rule: Rule::NonPositiveAmount,
        en: "the amount column is zero, so that no money moved; with returns dropped also when it is negative",
        pt_br: "a coluna de valor é zero, sem movimento de dinheiro; com devoluções descartadas, também se negativa",
        default: true,
        required: false,
    },
    RuleInfo {
        rule: Rule::AfterReferenceDate,
        en: "the row is later than the reference date given",
        pt_br: "a linha é posterior à data de referência informada",
        default: true,
        required: false,
    },
    RuleInfo {
        rule: Rule::Duplicate,
        en: "the row equals an earlier one in every column; kept by default, because buying the same thing twice \
             looks just like a record written twice",
        pt_br: "a linha é igual a uma anterior em todas as colunas; mantida por padrão, pois comprar o mesmo item \
                duas vezes é idêntico a um registro gravado duas vezes",
        default: false,
        required: false,
    },
];

/// What is done with cancellations and returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Returns {
    /// They stay as lines of negative amount, so that a customer's revenue is net.
    #[default]
    Net,
    /// They are dropped, and the purchases they cancel stay.
    Drop,
}

/// What is done with rows that equal an earlier row in every column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Duplicates {
    /// They stay: two equal lines may well be two purchases.
    #[default]
    Keep,
    /// They are dropped. Costs 16 to 32 bytes a distinct row.
    Drop,
}

/// The rules in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Cancellations and returns.
    pub returns: Returns,
    /// Exact duplicates.
    pub duplicates: Duplicates,
    /// Further product codes to drop as [`Rule::NonProduct`]; upper and lower case are equal.
    pub non_product_codes: Vec<String>,
    off: [bool; RULES],
}

/// A rule that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown rule {name:?}; the rules are: {known}", known = Rules::names())]
pub struct UnknownRule {
    /// As given.
    pub name: String,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            returns: Returns::default(),
            duplicates: Duplicates::default(),
            non_product_codes: Vec::new(),
            off: [false; RULES],
        }
    }
}

impl Rules {
    /// Every rule there is, in the order in which they are tried.
    pub fn all() -> &'static [RuleInfo] {
        &INFO
    }

    fn names() -> String {
        INFO.map(|info| info.rule.name()).join(", ")
    }

    fn find(name: &str) -> Result<Rule, UnknownRule> {
        let found = INFO.iter().find(|info| info.rule.name() == name).map(|info| info.rule);
        found.ok_or_else(|| UnknownRule { name: name.to_owned() })
    }

    /// Switches a rule off. What a required rule would drop then fails the reading.
    pub fn disable(&mut self, name: &str) -> Result<&mut Self, UnknownRule> {
        let rule = Self::find(name)?;
        self.off[rule as usize] = true;
        if rule == Rule::Duplicate {
            self.duplicates = Duplicates::Keep;
        }
        Ok(self)
    }

    /// Switches a rule on.
    pub fn enable(&mut self, name: &str) -> Result<&mut Self, UnknownRule> {
        let rule = Self::find(name)?;
        self.off[rule as usize] = false;
        if rule == Rule::Duplicate {
            self.duplicates = Duplicates::Drop;
        }
        Ok(self)
    }

    /// Names of the rules that were switched off, in the order in which rules are tried.
    pub fn skipped(&self) -> Vec<&'static str> {
        Rule::ALL.into_iter().filter(|&rule| self.off[rule as usize]).map(Rule::name).collect()
    }

    /// Leaves only the named rules on, besides the required ones.
    pub fn only<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) -> Result<&mut Self, UnknownRule> {
        for info in &INFO {
            self.off[info.rule as usize] = !info.required;
        }
        self.duplicates = Duplicates::Keep;
        for name in names {
            self.enable(name)?;
        }
        Ok(self)
    }

    /// Whether a rule is tried at all: switched on, and not ruled out by how returns and duplicates
    /// are treated.
    pub fn is_on(&self, rule: Rule) -> bool {
        match rule {
            Rule::Duplicate => self.duplicates == Duplicates::Drop,
            Rule::Cancelled => self.returns == Returns::Drop && !self.off[rule as usize],
            _ => !self.off[rule as usize],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_rules() {
        for (at, rule) in Rule::ALL.into_iter().enumerate() {
            assert_eq!((rule as usize, rule.info().rule), (at, rule));
        }
    }

    #[test]
    fn a_rule_is_switched_by_name() {
        let mut rules = Rules::default();
        assert!(rules.is_on(Rule::BadDebt));
        rules.disable("bad_debt").expect("known");
        assert!(!rules.is_on(Rule::BadDebt));
        rules.enable("bad_debt").expect("known");
        assert!(rules.is_on(Rule::BadDebt));
    }

    #[test]
    fn an_unknown_rule_is_refused_with_the_list() {
        let error = Rules::default().disable("bad_dept").expect_err("misspelt");
        assert!(
            error.to_string().starts_with("unknown rule \"bad_dept\"; the rules are: malformed_row, "),
            "{error}"
        );
    }

    #[test]
    fn only_keeps_what_cannot_be_skipped() {
        let mut rules = Rules { duplicates: Duplicates::Drop, ..Rules::default() };
        rules.only(["non_positive_price"]).expect("known");
        let on: Vec<&str> = Rule::ALL.into_iter().filter(|rule| rules.is_on(*rule)).map(Rule::name).collect();
        assert_eq!(
            on,
            [
                "malformed_row",
                "damaged_value",
                "unparsable_date",
                "unparsable_number",
                "missing_customer",
                "long_customer",
                "other_currency",
                "non_positive_price"
            ]
        );
    }

    #[test]
    fn cancelled_applies_to_drop_mode_only() {
        assert!(!Rules::default().is_on(Rule::Cancelled));
        assert!(Rules { returns: Returns::Drop, ..Rules::default() }.is_on(Rule::Cancelled));
    }
}
