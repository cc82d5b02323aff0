//! Words that stand alone: names of columns, figures, methods and settings.

use std::borrow::Cow;

use segmentation_lib::features::FEATURES;

use super::{Language, language};

/// A word of the library's or a frame's in the language of the report; what is not listed stays as it is, as the data's
/// own values do.
pub(crate) fn term(english: &str) -> Cow<'_, str> {
    if language() == Language::En {
        return Cow::Borrowed(english);
    }
    let listed = TERMS.iter().find(|(en, _)| *en == english).map(|(_, pt_br)| Cow::Borrowed(*pt_br));
    listed.or_else(|| of_feature(english)).unwrap_or(Cow::Borrowed(english))
}

/// The Portuguese label of a feature; small, as within a sentence, where its name is meant.
fn of_feature(english: &str) -> Option<Cow<'static, str>> {
    let found = FEATURES.iter().find(|feature| feature.label == english);
    let label = found.map(|feature| Cow::Borrowed(feature.label_pt_br));
    let named = || FEATURES.iter().find(|feature| feature.name == english);
    label.or_else(|| named().map(|feature| Cow::Owned(feature.label_pt_br.to_lowercase())))
}

/// English and Brazilian Portuguese.
const TERMS: &[(&str, &str)] = &[
    // Units.
    ("currency", "moeda"),
    ("currency units", "unidades monetárias"),
    ("days", "dias"),
    ("purchases", "compras"),
    ("lines", "linhas"),
    ("pennies", "centavos"),
    ("share", "proporção"),
    ("products", "produtos"),
    ("units", "unidades"),
    ("weeks", "semanas"),
    // Columns.
    ("a head", "por cliente"),
    ("adjusted Rand index", "índice de Rand ajustado"),
    ("agreement", "concordância"),
    ("algorithm", "algoritmo"),
    ("allowed", "permitido"),
    ("amount", "valor"),
    ("assumption", "premissa"),
    ("average", "média"),
    ("borderline", "limítrofes"),
    ("by", "critério"),
    ("by linfa", "pela linfa"),
    ("by month", "por mês"),
    ("centre", "centro"),
    ("check", "verificação"),
    ("clear", "claros"),
    ("column", "coluna"),
    ("country", "país"),
    ("customer", "cliente"),
    ("customer id", "id do cliente"),
    ("customers", "clientes"),
    ("decision", "decisão"),
    ("description", "descrição"),
    ("difference", "diferença"),
    ("each segment", "cada segmento"),
    ("excess", "excesso"),
    ("expected purchases", "compras esperadas"),
    ("expected value", "valor esperado"),
    ("feature", "atributo"),
    ("figure", "medida"),
    ("first", "primeira"),
    ("first example", "primeiro exemplo"),
    ("forecast", "previsão"),
    ("forecast by", "previsão por"),
    ("foresight R²", "R² da previsão"),
    ("high", "até"),
    ("from", "de"),
    ("hour", "hora"),
    ("inertia", "inércia"),
    ("inertia by linfa", "inércia pela linfa"),
    ("is return", "é devolução"),
    ("largest", "maior"),
    ("largest segment", "maior segmento"),
    ("last", "última"),
    ("later", "depois"),
    ("lift", "lift"),
    ("low", "de"),
    ("maximum", "máximo"),
    ("mean", "média"),
    ("mean Jaccard of each segment", "Jaccard médio de cada segmento"),
    ("mean absolute error", "erro absoluto médio"),
    ("median", "mediana"),
    ("median silhouette", "silhueta mediana"),
    ("method", "método"),
    ("minimum", "mínimo"),
    ("misplaced", "mais perto de outro"),
    ("missing", "ausentes"),
    ("model", "modelo"),
    ("money", "dinheiro"),
    ("month", "mês"),
    ("note", "observação"),
    ("of all value", "do valor total"),
    ("of those allowed", "entre os permitidos"),
    ("off by", "erro"),
    ("p99", "p99"),
    ("parameter", "parâmetro"),
    ("product", "produto"),
    ("published", "publicado"),
    ("purchase id", "id da compra"),
    ("purchased again", "compraram de novo"),
    ("purchased at", "data da compra"),
    ("quantity", "quantidade"),
    ("refits", "novos ajustes"),
    ("return lines", "linhas devolvidas"),
    ("returned", "devolvido"),
    ("revenue", "receita"),
    ("role", "papel"),
    ("root mean squared error", "raiz do erro quadrático médio"),
    ("row", "linhas"),
    ("rows", "linhas"),
    ("rule", "regra"),
    ("scale", "escala"),
    ("segment", "segmento"),
    ("segment id", "id do segmento"),
    ("setting", "opção"),
    ("share of input", "proporção da entrada"),
    ("silhouette", "silhueta"),
    ("size", "tamanho"),
    ("skewness", "assimetria"),
    ("skewness of logarithms", "assimetria dos logaritmos"),
    ("smallest", "menor"),
    ("smallest segment", "menor segmento"),
    ("sold", "vendido"),
    ("standard error", "erro padrão"),
    ("still customers", "ainda clientes"),
    ("table", "tabela"),
    ("to", "para"),
    ("topic", "tema"),
    ("transform", "transformação"),
    ("treatment", "tratamento"),
    ("unit", "unidade"),
    ("value", "valor"),
    ("votes for k", "votos para k"),
    ("weakest Jaccard", "menor Jaccard"),
    ("weekday", "dia da semana"),
    ("what a reader should know", "o que o leitor deve saber"),
    ("why", "por quê"),
    // What a decision of reading is about.
    ("columns", "colunas"),
    ("dates", "datas"),
    ("encoding", "codificação"),
    ("files", "arquivos"),
    ("numbers", "números"),
    ("sheets", "planilhas"),
    ("status", "situação"),
    // Lines of the ledger.
    ("input", "entrada"),
    ("merged_ids", "ids unificados"),
    ("forgotten", "esquecidos"),
    ("kept", "mantidas"),
    ("malformed_row", "linha malformada"),
    ("damaged_value", "valor danificado"),
    ("unparsable_date", "data ilegível"),
    ("unparsable_number", "número ilegível"),
    ("missing_customer", "sem cliente"),
    ("placeholder_customer", "cliente fictício"),
    ("long_customer", "id longo demais"),
    ("implausible_date", "data implausível"),
    ("not_a_sale", "não é venda"),
    ("other_currency", "outra moeda"),
    ("bad_debt", "lançamento contábil"),
    ("non_product", "não é produto"),
    ("cancelled", "cancelada"),
    ("non_positive_quantity", "quantidade zero ou negativa"),
    ("non_positive_price", "preço zero ou negativo"),
    ("non_positive_amount", "valor zero ou negativo"),
    ("after_reference_date", "depois da data de referência"),
    ("duplicate", "duplicata"),
    // Methods and how they decide.
    ("foresight", "previsão"),
    ("silhouette, every algorithm", "silhueta, todos os algoritmos"),
    ("gap", "estatística gap"),
    ("knee", "cotovelo"),
    ("stability", "estabilidade"),
    ("smallest k that keeps 92 % of the best R²", "menor k que mantém 92 % do melhor R²"),
    ("highest mean silhouette coefficient", "maior coeficiente de silhueta médio"),
    ("highest index", "maior índice"),
    ("lowest index", "menor índice"),
    ("smallest k within one standard error of the next", "menor k a menos de um erro padrão do seguinte"),
    ("bend of the inertia (Kneedle)", "cotovelo da inércia (Kneedle)"),
    (
        "largest k whose every segment is stable (mean Jaccard ≥ 0.75)",
        "maior k em que todo segmento é estável (Jaccard médio ≥ 0,75)",
    ),
    ("not the algorithm asked for", "não é o algoritmo pedido"),
    ("does not hold: its refits disagree", "não se mantém: os novos ajustes divergem"),
    ("does not hold: a segment is not recovered", "não se mantém: um segmento não reaparece"),
    ("a segment under 2 % of the customers", "um segmento com menos de 2 % dos clientes"),
    ("a segment over 60 % of the customers", "um segmento com mais de 60 % dos clientes"),
    ("average linkage", "ligação média"),
    ("complete linkage", "ligação completa"),
    ("single linkage", "ligação simples"),
    ("own past rate", "ritmo próprio até aqui"),
    ("segment mean", "média do segmento"),
    ("last period", "último período"),
    ("all", "todos"),
    ("chosen", "escolhido"),
    ("none", "nenhum"),
    ("yes", "sim"),
    ("no", "não"),
    ("nobody was there", "ninguém estava lá"),
    ("log1p", "log1p"),
    ("not used", "não usada"),
    ("not yet a customer", "ainda não era cliente"),
    // What the data quality is checked for.
    ("more values than columns", "mais valores que colunas"),
    ("date missing or unreadable", "data ausente ou ilegível"),
    ("amount missing or unreadable", "valor ausente ou ilegível"),
    ("no customer id", "sem id de cliente"),
    ("code that is no product (postage, fees, tests)", "código que não é produto (frete, tarifas, testes)"),
    ("price of zero or less", "preço zero ou negativo"),
    ("amount of zero", "valor zero"),
    ("exact duplicates", "duplicatas exatas"),
    ("cancellations and returns", "cancelamentos e devoluções"),
    ("product code without five digits", "código de produto sem cinco dígitos"),
    ("removed", "removidas"),
    ("kept: equal lines may be two purchases", "mantidas: linhas iguais podem ser duas compras"),
    ("kept: netted against purchases", "mantidas: descontadas das compras"),
    ("kept: a product all the same", "mantidas: é um produto mesmo assim"),
    // What is tried.
    ("as published", "como publicado"),
    ("cut-off date", "data de corte"),
    ("features", "atributos"),
    ("outliers", "valores extremos"),
    ("reference date", "data de referência"),
    ("scaling", "escala"),
    ("seed", "semente"),
    ("tails cut at 1 % (default)", "caudas cortadas em 1 % (padrão)"),
    ("kept as they are", "mantidos como estão"),
    ("tails cut at 5 %", "caudas cortadas em 5 %"),
    ("customers beyond a fence removed", "clientes além de um limite removidos"),
    (
        "logarithm of counts and amounts, standard deviation (default)",
        "logaritmo de contagens e valores, desvio padrão (padrão)",
    ),
    ("logarithm of recency too, standard deviation", "logaritmo também da recência, desvio padrão"),
    (
        "logarithm of counts and amounts, interquartile range",
        "logaritmo de contagens e valores, amplitude interquartil",
    ),
    ("no logarithm, standard deviation", "sem logaritmo, desvio padrão"),
    ("original units", "unidades originais"),
    ("day after the last purchase (default)", "dia seguinte à última compra (padrão)"),
    ("recency, frequency, basket", "recência, frequência, ticket médio"),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use segmentation_lib::record::Rule;

    use super::*;
    use crate::language::within;

    #[test]
    fn a_term_is_listed_once() {
        let mut seen = HashSet::new();
        let twice: Vec<_> = TERMS.iter().filter(|(en, _)| !seen.insert(en)).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }

    #[test]
    fn every_cleaning_rule_is_listed() {
        let lacks = |rule: &Rule| !TERMS.iter().any(|(en, _)| *en == rule.name());
        let without: Vec<_> = Rule::ALL.into_iter().filter(lacks).map(Rule::name).collect();
        assert!(without.is_empty(), "{without:?}");
    }

    #[test]
    fn words_are_translated_and_values_of_the_data_are_not() {
        let words = || [term("customers"), term("recency"), term("Recency"), term("France")];
        assert_eq!(words(), ["customers", "recency", "Recency", "France"]);
        assert_eq!(within(Language::PtBr, words), ["clientes", "recência", "Recência", "France"]);
    }
}
