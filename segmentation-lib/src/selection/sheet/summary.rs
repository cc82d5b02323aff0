//! What the votes add up to, in English and Brazilian Portuguese.

use std::collections::BTreeMap;

use crate::engine::stability::Verdict;
use crate::record::{DecisionSheet, Localized, Vote};
use crate::selection::SelectionParams;
use crate::selection::comparison::percent;
use crate::wording::{integer, portuguese};

/// A sentence in both languages.
type Sentence = (String, String);

pub(super) fn empty() -> Localized {
    Localized { en: String::new(), pt_br: String::new() }
}

pub(super) fn summary(sheet: &DecisionSheet, params: &SelectionParams) -> Localized {
    let sentences = [
        Some(rule(sheet, params)),
        Some(tally("Free of that condition the votes are", "Sem essa condição os votos são", sheet, |v| v.k)),
        Some(tally(
            "Among the k that marketing can use",
            "Entre os k que o marketing pode usar",
            sheet,
            |v| v.k_allowed,
        )),
        Some(support(sheet)),
        weakest(sheet),
        control(sheet),
        sample(sheet),
    ];
    let (en, pt_br): (Vec<_>, Vec<_>) = sentences.into_iter().flatten().unzip();
    Localized { en: en.join(" "), pt_br: pt_br.join(" ") }
}

fn rule(sheet: &DecisionSheet, params: &SelectionParams) -> Sentence {
    let (k, label, nome) = (sheet.chosen_k, sheet.algorithm.label(), sheet.algorithm.em_portugues());
    let (min, max) = (percent(params.min_share), percent(params.max_share));
    let allowed: Vec<String> = sheet.by_k.iter().filter(|r| r.allowed).map(|r| r.k.to_string()).collect();
    let list = if allowed.is_empty() { "-".to_owned() } else { allowed.join(", ") };
    (
        format!(
            "The rule takes k = {k} ({label}). Marketing can use these k, whose segments all have {min} to {max} % of \
             the customers: {list}."
        ),
        format!(
            "A regra escolhe k = {k} ({nome}). O marketing pode usar estes k, cujos segmentos têm todos de {} a {} % \
             dos clientes: {list}.",
            portuguese(&min.to_string()),
            portuguese(&max.to_string())
        ),
    )
}

/// The methods grouped by what they vote for; those that decide nothing last.
fn tally(en: &str, pt: &str, sheet: &DecisionSheet, vote: impl Fn(&Vote) -> Option<usize>) -> Sentence {
    let mut groups: BTreeMap<(bool, Option<usize>), Vec<&Vote>> = BTreeMap::new();
    for v in &sheet.votes {
        groups.entry((vote(v).is_none(), vote(v))).or_default().push(v);
    }
    let list = |none: &str, name: &dyn Fn(&Vote) -> String| {
        let group = |((_, k), votes): (&(bool, Option<usize>), &Vec<&Vote>)| {
            let names: Vec<String> = votes.iter().map(|v| name(v)).collect();
            format!("{} ({})", k.map_or(none.to_owned(), |k| k.to_string()), names.join("; "))
        };
        groups.iter().map(group).collect::<Vec<_>>().join(", ")
    };
    (
        format!("{en}: {}.", list("none", &|v| v.method.clone())),
        format!("{pt}: {}.", list("nenhum", &|v| method_in_portuguese(&v.method).to_owned())),
    )
}

fn method_in_portuguese(method: &str) -> &str {
    match method {
        "foresight" => "previsão",
        "silhouette, every algorithm" => "silhueta, todos os algoritmos",
        "silhouette" => "silhueta",
        "gap" => "estatística gap",
        "knee" => "cotovelo",
        "stability" => "estabilidade",
        other => other,
    }
}

/// How many methods beside foresight, which is the rule's own, come to the same k; the silhouette counts once.
fn support(sheet: &DecisionSheet) -> Sentence {
    let others = || {
        sheet
            .votes
            .iter()
            .filter(|v| !matches!(v.method.as_str(), "foresight" | "silhouette, every algorithm"))
    };
    let (of, k) = (others().count(), sheet.chosen_k);
    let agree = others().filter(|v| v.k == Some(k)).count();
    let allowed = others().filter(|v| v.k_allowed == Some(k)).count();
    (
        format!(
            "Votes for k = {k} of the {of} methods beside foresight: {agree} freely, {allowed} under the condition."
        ),
        format!(
            "Dos {of} métodos além da previsão, votam por k = {k}: {agree} livremente, {allowed} sob a condição."
        ),
    )
}

fn weakest(sheet: &DecisionSheet) -> Option<Sentence> {
    let lowest = sheet.by_k.iter().find(|row| row.k == sheet.chosen_k)?.stability?;
    let verdict = Verdict::of(lowest);
    let in_portuguese = match verdict {
        Verdict::Untrustworthy => "não é confiável",
        Verdict::Pattern => "é um padrão, mas quem pertence a ele é duvidoso",
        Verdict::Stable => "é válido e estável",
        Verdict::HighlyStable => "é altamente estável",
    };
    let others = sheet.by_algorithm.iter().filter(|row| row.algorithm != sheet.algorithm);
    let (en, pt): (Vec<_>, Vec<_>) = others
        .map(|row| (row.algorithm, format!("{:.2}", row.stability)))
        .map(|(a, j)| (format!("{} {j}", a.label()), format!("{} {}", a.em_portugues(), portuguese(&j))))
        .unzip();
    let list = |before: &str, parts: Vec<String>| match parts.is_empty() {
        true => String::new(),
        false => format!("; {before}: {}", parts.join(", ")),
    };
    Some((
        format!(
            "Its weakest segment is {} (mean Jaccard {lowest:.2}{}).",
            verdict.words(),
            list("with the same k", en)
        ),
        format!(
            "O segmento mais fraco {in_portuguese} (Jaccard médio {}{}).",
            portuguese(&format!("{lowest:.2}")),
            list("com o mesmo k", pt)
        ),
    ))
}

fn control(sheet: &DecisionSheet) -> Option<Sentence> {
    let c = sheet.control.as_ref()?;
    let (en, pt) = match c.clearly_worse {
        true => (
            "the segments rest on how the features go together",
            "os segmentos se apoiam na relação entre os atributos",
        ),
        false => (
            "not clearly lower, so the segments may rest on the features one by one",
            "não é claramente menor, então os segmentos podem se apoiar nos atributos isolados",
        ),
    };
    let (real, best) = (c.silhouette, c.shuffled_best);
    Some((
        format!("With columns shuffled the silhouette is {best:.3} at best instead of {real:.3}: {en}."),
        format!(
            "Com as colunas embaralhadas a silhueta é no máximo {} em vez de {}: {pt}.",
            portuguese(&format!("{best:.3}")),
            portuguese(&format!("{real:.3}"))
        ),
    ))
}

fn sample(sheet: &DecisionSheet) -> Option<Sentence> {
    let (sampled, all) = (sheet.sampled, sheet.customers);
    (sampled < all).then(|| {
        (
            format!(
                "Gap and negative control rest on a random sample of {} of the {} customers.",
                integer(sampled),
                integer(all)
            ),
            format!(
                "Estatística gap e controle negativo usam uma amostra aleatória de {} dos {} clientes.",
                portuguese(&integer(sampled)),
                portuguese(&integer(all))
            ),
        )
    })
}
