//! Which decisions the segments rest on, and what else was considered.

use super::html::Html;
use crate::language::pick;

/// Portuguese and English.
type Pair = (&'static str, &'static str);

/// What was decided, the alternatives, and why not those.
const LOG: [[Pair; 3]; 10] = [
    [
        ("recência, frequência, valor monetário", "recency, frequency, monetary"),
        (
            "todos os atributos da tabela; ticket médio em vez do total",
            "all features of the table; basket instead of total",
        ),
        (
            "linhas, unidades e produtos repetem os três (notebook 2, correlações) e os contariam duas vezes; só o ticket médio esconde quanto o cliente vale",
            "lines, units and products repeat the three (notebook 2, correlations) and would count them twice; the basket alone loses what a customer is worth",
        ),
    ],
    [
        (
            "logaritmo de frequência e valor monetário, depois padronização",
            "logarithm of frequency and monetary, then standardisation",
        ),
        (
            "valores brutos; logaritmo também da recência; amplitude interquartil",
            "raw values; logarithm of recency too; interquartile range",
        ),
        (
            "com valores brutos, poucos clientes dominam toda distância; numa escala logarítmica da recência os primeiros dias pesam tanto quanto os meses seguintes, e de duas a cinco vezes mais clientes mudam de segmento em uma noite; a amplitude interquartil mantém a cauda, que o logaritmo já controla",
            "raw values let a few customers rule every distance; on a logarithmic scale of recency the first days are as long as the later months, and two to five times as many customers change segment in a night; the interquartile range leaves the tail, which the logarithm already tames",
        ),
    ],
    [
        ("caudas cortadas em 1 %", "tails cut at 1 %"),
        (
            "sem corte; 5 %; retirar clientes além de um limite",
            "none; 5 %; removing customers beyond a fence",
        ),
        (
            "sem corte, um punhado de clientes extremos forma um segmento próprio; retirá-los deixa clientes sem segmento",
            "none lets a handful of extreme customers make a segment of their own; removing leaves customers without a segment",
        ),
    ],
    [
        ("duplicatas exatas mantidas", "exact duplicates kept"),
        ("retiradas", "dropped"),
        (
            "o mesmo item duas vezes em uma fatura é uma venda plausível, e o dinheiro precisa bater com o caixa",
            "the same article twice on one invoice is a plausible sale, and money must add up to the till",
        ),
    ],
    [
        ("cancelamentos descontados", "cancellations netted"),
        ("linhas retiradas", "rows dropped"),
        (
            "uma compra devolvida não rendeu nada; retirar só o cancelamento superestima o cliente",
            "a returned purchase earned nothing; dropping only the cancellation overstates the customer",
        ),
    ],
    [
        (
            "k-means e Ward exato comparados, com as ligações média, completa e simples ao lado",
            "k-means and exact Ward compared, average, complete and single linkage beside them",
        ),
        ("um só algoritmo; agrupamento por densidade", "one algorithm only; density-based clustering"),
        (
            "a concordância entre algoritmos é evidência; métodos por densidade deixam clientes sem segmento",
            "agreement between algorithms is evidence; density-based methods leave customers without a segment",
        ),
    ],
    [
        ("3 a 8 segmentos de 2 a 60 %", "3 to 8 segments of 2 to 60 %"),
        ("a melhor silhueta, qualquer que seja k", "the best silhouette whatever its k"),
        (
            "dois segmentos só dizem quem voltou, e mais de oito ninguém consegue guardar na memória; um segmento de poucas dezenas de clientes não sustenta uma campanha, e um com quase todos não é segmento",
            "two segments say only who came back, more than eight nobody can remember; a segment of a few dozen customers does not carry a campaign, one of nearly everybody is no segment",
        ),
    ],
    [
        (
            "quatro segmentos onde preveem o bastante, senão seis, desde que se mantenham",
            "four segments where they foretell enough, else six, as far as they hold",
        ),
        (
            "maior silhueta média; cotovelo; estatística gap; o menor número de segmentos perto da melhor previsão",
            "highest mean silhouette coefficient; elbow; gap statistic; the fewest segments near the best foresight",
        ),
        (
            "a silhueta escolheu um Ward que se desfez quando 1 % dos clientes ficou de fora; em curvas suaves o cotovelo é questão de opinião; seja o que for que se maximize, alguns dados ficam no limite entre dois números de segmentos",
            "the silhouette took a Ward clustering that dissolved when one customer in a hundred was left out; the elbow is a matter of opinion on smooth curves; whatever is maximised, some data stand on the edge between two numbers of segments",
        ),
    ],
    [
        ("data de referência tirada dos dados", "reference date from the data"),
        ("hoje", "today"),
        (
            "os resultados não podem mudar porque passou um dia (notebook 2)",
            "results must not change because a day has passed (notebook 2)",
        ),
    ],
    [
        ("nomes por regra, mantidos de uma execução a outra", "names by rule, kept from run to run"),
        ("nomes dados à mão; números", "names by hand; numbers"),
        (
            "seria preciso perguntar a alguém todo mês; números mudam de significado",
            "a person would have to be asked every month; numbers change their meaning",
        ),
    ],
];

/// Every decision beside the alternatives and what speaks against them.
pub fn decision_log() -> Html {
    let rows = LOG.map(|row| row.map(|(pt_br, en)| pick(pt_br, en).to_owned()).to_vec());
    let header = [
        pick("decisão", "decision"),
        pick("alternativas consideradas", "alternatives considered"),
        pick("por que não", "why not"),
    ];
    Html::table(&header, &[], &rows, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{Language, within};

    #[test]
    fn the_log_is_in_the_language_of_the_report() {
        assert!(decision_log().text().starts_with("decision\talternatives considered\twhy not\nrecency"));
        let portuguese = within(Language::PtBr, decision_log);
        assert!(portuguese.text().starts_with("decisão\talternativas consideradas\tpor que não\nrecência"));
        assert_eq!(portuguese.text().lines().count(), 1 + LOG.len());
    }
}
