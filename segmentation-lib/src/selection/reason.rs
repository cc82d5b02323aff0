//! The choice's reason as one readable sentence, in English and Brazilian Portuguese.

use super::SelectionParams;
use super::choice::{Basis, Choice};
use super::comparison::percent;
use crate::record::{Algorithm, Candidate, Foretold, Localized, Recovery};
use crate::wording::{decimal, integer, portuguese};

/// Most candidates that are named because they do not hold.
const MOST_NAMED: usize = 2;

/// A part of the sentence in both languages.
type Part = (String, String);

pub(super) fn reason(
    candidates: &[Candidate],
    choice: &Choice,
    foresight: Option<&Foretold>,
    customers: usize,
    params: &SelectionParams,
) -> Localized {
    let c = &candidates[choice.chosen];
    let given = match params.algorithm {
        Some(_) => {
            both(" (the algorithm was given, not compared)", " (o algoritmo foi fixado, não comparado)")
        }
        None => Part::default(),
    };
    let head = with_k(c);
    let head = (head.0 + &given.0, head.1 + &given.1);
    let mut parts = vec![basis(c, choice.basis, foresight), sizes(choice.relaxed, params)];
    parts.extend(c.recovery.as_ref().map(|r| holds(choice.holds, r, customers, params)));
    parts.extend(failed(candidates, &choice.failed));
    parts.extend(agreement(c));
    let (en, pt_br): (Vec<String>, Vec<String>) = parts.into_iter().unzip();
    Localized {
        en: format!("{}: {}", head.0, en.join("; ")),
        pt_br: format!("{}: {}", head.1, pt_br.join("; ")),
    }
}

fn with_k(c: &Candidate) -> Part {
    (
        format!("{} with k = {}", c.algorithm.label(), c.k),
        format!("{} com k = {}", c.algorithm.em_portugues(), c.k),
    )
}

fn both(en: &str, pt: &str) -> Part {
    (en.to_owned(), pt.to_owned())
}

fn basis(c: &Candidate, basis: Basis, foresight: Option<&Foretold>) -> Part {
    let silhouette = c.silhouette.unwrap_or(0.0);
    let by_silhouette = |en: &str, pt: &str| {
        (
            format!("{en}the highest mean silhouette coefficient, {silhouette:.3}"),
            format!("{pt}o maior coeficiente de silhueta médio, {}", comma(silhouette, 3)),
        )
    };
    let with_foresight = |en: &str, pt: &str| match foresight {
        Some(foretold) => {
            let (told_en, told_pt) = told(foretold);
            (format!("{en}, {told_en}"), format!("{pt}, {told_pt}"))
        }
        None => both(en, pt),
    };
    match basis {
        Basis::Only => with_foresight("the only candidate", "o único candidato"),
        Basis::Continued => with_foresight(
            "the segments in force, fitted to the customers of now",
            "os segmentos em vigor, ajustados aos clientes de agora",
        ),
        Basis::Preferred(4) => with_foresight("four segments are enough", "quatro segmentos bastam"),
        Basis::Preferred(k) => {
            let [en, pt] = in_words(k);
            with_foresight(
                &format!("{en} segments, the preferred number"),
                &format!("{pt} segmentos, o número preferido"),
            )
        }
        Basis::Fewer(k) => {
            let [en, pt] = in_words(k);
            with_foresight(
                &format!("the most segments up to {en} that are of useful size and hold"),
                &format!("o maior número de segmentos até {pt} que têm tamanho útil e se mantêm"),
            )
        }
        Basis::More(k) => {
            let [en, pt] = in_words(k);
            with_foresight(
                &format!(
                    "more than {en} segments, which foretell clearly more or alone are of useful size and hold"
                ),
                &format!(
                    "mais de {pt} segmentos, que preveem claramente mais ou são os únicos que têm tamanho útil e se mantêm"
                ),
            )
        }
        Basis::Silhouette => by_silhouette("as asked, ", "como pedido, "),
        Basis::NoLookBack => by_silhouette(
            "the history is too short or too even, or holds no money, to tell what segments foretell, so ",
            "o histórico é curto ou uniforme demais, ou sem valores, para saber o que os segmentos preveem, então ",
        ),
        Basis::Stability => both(
            "as asked, the candidate whose weakest segment is recovered best",
            "como pedido, o candidato cujo segmento mais fraco é melhor recuperado",
        ),
    }
}

/// A preferred number of segments, in English and Portuguese.
fn in_words(k: usize) -> [&'static str; 2] {
    if k == 4 { ["four", "quatro"] } else { ["six", "seis"] }
}

/// R² and the share of the ceiling.
fn told(foretold: &Foretold) -> Part {
    let (days, r_squared) = (foretold.days, foretold.r_squared);
    let (kept_en, kept_pt) = match foretold.kept() {
        None => both(
            ", which can hardly be foretold: a model of each customer explains little more",
            ", que quase não pode ser previsto: um modelo por cliente explica pouco mais",
        ),
        Some(kept) if kept >= 1.0 => both(
            ", as much as a model of each customer explains",
            ", tanto quanto explica um modelo por cliente",
        ),
        Some(kept) => (
            format!(", {:.0} % of what a model of each customer explains", kept * 100.0),
            format!(", {:.0} % do que explica um modelo por cliente", kept * 100.0),
        ),
    };
    (
        format!("R² {r_squared:.3} of what customers spent in the last {days} days{kept_en}"),
        format!("R² {} do que os clientes gastaram nos últimos {days} dias{kept_pt}", comma(r_squared, 3)),
    )
}

fn sizes(relaxed: bool, params: &SelectionParams) -> Part {
    let (min, max) = (percent(params.min_share), percent(params.max_share));
    let (min_pt, max_pt) = (portuguese(&min.to_string()), portuguese(&max.to_string()));
    if relaxed {
        return (
            format!(
                "no candidate has all its segments between {min} and {max} % of the customers, so sizes were not \
                 asked for"
            ),
            format!(
                "nenhum candidato tem todos os segmentos entre {min_pt} e {max_pt} % dos clientes, então os \
                 tamanhos não foram exigidos"
            ),
        );
    }
    (
        format!("each segment has {min} to {max} % of the customers"),
        format!("cada segmento tem de {min_pt} a {max_pt} % dos clientes"),
    )
}

fn holds(holds: bool, recovery: &Recovery, customers: usize, params: &SelectionParams) -> Part {
    let (mean, worst) = (recovery.refits_mean, recovery.refits_worst);
    let (refits, resamples) = (params.refits, params.resamples);
    let (jaccard_en, jaccard_pt) = match recovery.weakest() {
        Some(j) => (
            format!(
                ", and the weakest segment a mean Jaccard similarity of {} in {resamples} resamples",
                decimal(j, 2)
            ),
            format!(
                ", e o segmento mais fraco tem similaridade de Jaccard média de {} em {resamples} reamostragens",
                comma(j, 2)
            ),
        ),
        None => Part::default(),
    };
    let (sample_en, sample_pt) = match recovery.customers < customers as u64 {
        true => (
            format!(" (on a sample of {} customers)", integer(recovery.customers)),
            format!(" (em uma amostra de {} clientes)", portuguese(&integer(recovery.customers))),
        ),
        false => Part::default(),
    };
    let (verdict_en, verdict_pt) = match holds {
        true => ("they hold", "eles se mantêm"),
        false => (
            "no candidate holds, and of all tried this one agrees best with its refits",
            "nenhum candidato se mantém, e entre os tentados este é o que mais concorda com seus reajustes",
        ),
    };
    (
        format!(
            "{verdict_en}: {refits} refits without 1 % of the customers agree with an adjusted Rand index of \
             {mean:.3} on average and {worst:.3} at worst{jaccard_en}{sample_en}"
        ),
        format!(
            "{verdict_pt}: {refits} reajustes sem 1 % dos clientes concordam com índice de Rand ajustado de {} em \
             média e {} no pior caso{jaccard_pt}{sample_pt}",
            comma(mean, 3),
            comma(worst, 3)
        ),
    )
}

/// Those that were preferred and do not hold.
fn failed(candidates: &[Candidate], failed: &[usize]) -> Option<Part> {
    let named = failed.iter().take(MOST_NAMED).map(|&at| why_not(&candidates[at]));
    let (mut en, mut pt): (Vec<String>, Vec<String>) = named.unzip();
    if en.is_empty() {
        return None;
    }
    if failed.len() > MOST_NAMED {
        en.push(format!("{} more", failed.len() - MOST_NAMED));
        pt.push(format!("mais {}", failed.len() - MOST_NAMED));
    }
    Some((
        format!("preferred and not taken, because they do not hold: {}", en.join(", ")),
        format!("preferidos e não escolhidos, porque não se mantêm: {}", pt.join(", ")),
    ))
}

fn why_not(c: &Candidate) -> Part {
    let name = with_k(c);
    match &c.recovery {
        Some(r) if !r.refits_agree() => (
            format!("{} (refits {:.2} on average, {:.2} at worst)", name.0, r.refits_mean, r.refits_worst),
            format!(
                "{} (reajustes {} em média, {} no pior caso)",
                name.1,
                comma(r.refits_mean, 2),
                comma(r.refits_worst, 2)
            ),
        ),
        Some(r) => {
            let weakest = r.weakest().unwrap_or(0.0);
            (
                format!("{} (weakest Jaccard {weakest:.2})", name.0),
                format!("{} (Jaccard mais fraco {})", name.1, comma(weakest, 2)),
            )
        }
        None => name,
    }
}

fn agreement(c: &Candidate) -> Option<Part> {
    let index = c.agreement?;
    let counterpart = if c.algorithm == Algorithm::KMeans { "Ward" } else { "k-means" };
    Some((
        format!("{counterpart} with as many segments agrees with an adjusted Rand index of {index:.2}"),
        format!(
            "{counterpart} com o mesmo número concorda com índice de Rand ajustado de {}",
            comma(index, 2)
        ),
    ))
}

fn comma(value: f64, digits: usize) -> String {
    portuguese(&decimal(value, digits))
}
