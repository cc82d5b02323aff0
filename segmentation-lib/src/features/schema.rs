//! The features' names, units and definitions: the one source for code, data dictionary and cards.

use crate::record::Unit;

/// What a feature needs in the data beyond customer and date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing more.
    Nothing,
    /// Money: an amount, or a quantity with a price.
    Money,
    /// A product column.
    Product,
    /// A quantity column.
    Quantity,
    /// A forecast: [`CustomerTable::with_forecast`](super::CustomerTable::with_forecast).
    Forecast,
}

/// One feature of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    /// Column name.
    pub name: &'static str,
    /// Unit of the value.
    pub unit: Unit,
    /// How it is computed, in English.
    pub formula: &'static str,
    /// The same in Brazilian Portuguese.
    pub formula_pt_br: &'static str,
    /// Label in English.
    pub label: &'static str,
    /// Label in Brazilian Portuguese.
    pub label_pt_br: &'static str,
    /// Meaning in English.
    pub description: &'static str,
    /// Meaning in Brazilian Portuguese.
    pub description_pt_br: &'static str,
    /// Columns it cannot do without.
    pub needs: Needs,
}

/// Every feature, in the column order of the customer table.
pub const FEATURES: [Feature; 14] = [
    Feature {
        name: "recency",
        unit: Unit::Days,
        formula: "reference date - last purchase (last transaction where a customer only returned goods)",
        formula_pt_br: "data de referência - última compra (última transação se o cliente só devolveu)",
        label: "Recency",
        label_pt_br: "Recência",
        description: "Days from the customer's last purchase to the reference date",
        description_pt_br: "Dias entre a última compra do cliente e a data de referência",
        needs: Needs::Nothing,
    },
    Feature {
        name: "frequency",
        unit: Unit::Purchases,
        formula: "number of distinct invoices that are not returns; distinct days where there are no invoices",
        formula_pt_br: "número de faturas distintas que não são devoluções; dias distintos onde não há faturas",
        label: "Frequency",
        label_pt_br: "Frequência",
        description: "How many purchases the customer made",
        description_pt_br: "Quantas compras o cliente fez",
        needs: Needs::Nothing,
    },
    Feature {
        name: "monetary",
        unit: Unit::Pennies,
        formula: "sum of the amounts of all kept lines, returns negative",
        formula_pt_br: "soma dos valores de todas as linhas mantidas, devoluções negativas",
        label: "Monetary",
        label_pt_br: "Valor monetário",
        description: "What the customer spent in all, net of returns",
        description_pt_br: "Quanto o cliente gastou no total, descontadas as devoluções",
        needs: Needs::Money,
    },
    Feature {
        name: "tenure",
        unit: Unit::Days,
        formula: "reference date - first purchase (first transaction where a customer only returned goods)",
        formula_pt_br: "data de referência - primeira compra (primeira transação se o cliente só devolveu)",
        label: "Tenure",
        label_pt_br: "Tempo de relacionamento",
        description: "Days from the customer's first purchase to the reference date",
        description_pt_br: "Dias entre a primeira compra do cliente e a data de referência",
        needs: Needs::Nothing,
    },
    Feature {
        name: "basket",
        unit: Unit::Pennies,
        formula: "purchased amount / frequency; 0 where frequency is 0",
        formula_pt_br: "valor comprado / frequência; 0 se a frequência é 0",
        label: "Average basket",
        label_pt_br: "Ticket médio",
        description: "Average amount of a purchase, before returns",
        description_pt_br: "Valor médio de uma compra, antes das devoluções",
        needs: Needs::Money,
    },
    Feature {
        name: "interpurchase",
        unit: Unit::Days,
        formula: "(last purchase - first purchase) / (frequency - 1); tenure where frequency < 2",
        formula_pt_br: "(última compra - primeira compra) / (frequência - 1); tempo de relacionamento se frequência < 2",
        label: "Inter-purchase time",
        label_pt_br: "Intervalo entre compras",
        description: "Mean days between purchases; with a single purchase the days since it, a lower bound",
        description_pt_br: "Média de dias entre compras; com uma única compra, os dias desde ela (limite inferior)",
        needs: Needs::Nothing,
    },
    Feature {
        name: "return_rate",
        unit: Unit::Share,
        formula: "(purchased amount - net amount) / purchased amount, limited to [0, 1]; 1 where nothing was purchased",
        formula_pt_br: "(valor comprado - valor líquido) / valor comprado, limitado a [0, 1]; 1 se nada foi comprado",
        label: "Return rate",
        label_pt_br: "Taxa de devolução",
        description: "Share of the purchased amount that was returned",
        description_pt_br: "Parcela do valor comprado que foi devolvida",
        needs: Needs::Money,
    },
    Feature {
        name: "lines",
        unit: Unit::Lines,
        formula: "number of kept transaction lines, returns included",
        formula_pt_br: "número de linhas de transação mantidas, devoluções incluídas",
        label: "Lines",
        label_pt_br: "Linhas",
        description: "Transaction lines of the customer",
        description_pt_br: "Linhas de transação do cliente",
        needs: Needs::Nothing,
    },
    Feature {
        name: "activity",
        unit: Unit::Days,
        formula: "reference date - last transaction, returns included",
        formula_pt_br: "data de referência - última transação, devoluções incluídas",
        label: "Days since last activity",
        label_pt_br: "Dias desde a última atividade",
        description: "Days from the customer's last transaction of any kind to the reference date",
        description_pt_br: "Dias entre a última transação de qualquer tipo e a data de referência",
        needs: Needs::Nothing,
    },
    Feature {
        name: "products",
        unit: Unit::Products,
        formula: "number of distinct products purchased",
        formula_pt_br: "número de produtos distintos comprados",
        label: "Products",
        label_pt_br: "Produtos",
        description: "How many different products the customer purchased",
        description_pt_br: "Quantos produtos diferentes o cliente comprou",
        needs: Needs::Product,
    },
    Feature {
        name: "units",
        unit: Unit::Units,
        formula: "sum of purchased quantities",
        formula_pt_br: "soma das quantidades compradas",
        label: "Units",
        label_pt_br: "Unidades",
        description: "How many units the customer purchased, before returns",
        description_pt_br: "Quantas unidades o cliente comprou, antes das devoluções",
        needs: Needs::Quantity,
    },
    Feature {
        name: "expected_purchases",
        unit: Unit::Purchases,
        formula: "purchases to expect within the horizon of the forecast; 0 without a purchase so far",
        formula_pt_br: "compras a esperar no horizonte da previsão; 0 sem compra até aqui",
        label: "Expected purchases",
        label_pt_br: "Compras esperadas",
        description: "How many purchases the forecast expects of the customer (days with a purchase)",
        description_pt_br: "Quantas compras a previsão espera do cliente (dias com compra)",
        needs: Needs::Forecast,
    },
    Feature {
        name: "expected_value",
        unit: Unit::Pennies,
        formula: "expected purchases x expected spend per purchase; 0 without a purchase so far",
        formula_pt_br: "compras esperadas x gasto esperado por compra; 0 sem compra até aqui",
        label: "Expected value",
        label_pt_br: "Valor esperado",
        description: "What the forecast expects the customer to spend within its horizon",
        description_pt_br: "Quanto a previsão espera que o cliente gaste em seu horizonte",
        needs: Needs::Forecast,
    },
    Feature {
        name: "alive",
        unit: Unit::Share,
        formula: "probability that the customer is still one; 0 without a purchase so far",
        formula_pt_br: "probabilidade de ainda ser cliente; 0 sem compra até aqui",
        label: "Still a customer",
        label_pt_br: "Ainda é cliente",
        description: "How probable the forecast has it that the customer has not left",
        description_pt_br: "A probabilidade, segundo a previsão, de que o cliente não tenha ido embora",
        needs: Needs::Forecast,
    },
];

/// The feature of that name.
pub fn feature(name: &str) -> Option<&'static Feature> {
    FEATURES.iter().find(|f| f.name == name)
}

/// What a feature is called inside a sentence, in English and Brazilian Portuguese; its own name where it is none of ours.
pub(crate) fn in_sentence(name: &str) -> [String; 2] {
    let labels = feature(name).map(|feature| [feature.label, feature.label_pt_br]);
    labels.unwrap_or([name, name]).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for f in &FEATURES {
            assert_eq!(feature(f.name), Some(f));
            assert_eq!(FEATURES.iter().filter(|g| g.name == f.name).count(), 1);
        }
        assert_eq!(feature("sentiment"), None);
    }
}
