//! The choice's reason as one readable sentence, in English and Brazilian Portuguese.

use super::{Relaxed, SelectionParams};
use crate::record::{Algorithm, Candidate, Localized};
use crate::wording::portuguese;

pub(super) fn reason(
    candidates: &[Candidate],
    chosen: usize,
    relaxed: Relaxed,
    params: &SelectionParams,
) -> Localized {
    let c = &candidates[chosen];
    let score = c.silhouette.unwrap_or(0.0);
    let eligible = candidates.iter().filter(|c| c.eligible).count();
    let (min_k, share) = (params.min_k, params.min_share * 100.0);
    let (among_en, among_pt) = match relaxed {
        Relaxed::Nothing => (
            format!(
                "of the {eligible} {} with at least {min_k} segments and no segment under {share} % of the customers",
                if eligible == 1 { "candidate" } else { "candidates" }
            ),
            format!(
                "entre os candidatos com pelo menos {min_k} segmentos e nenhum segmento abaixo de {share} % dos clientes ({eligible})"
            ),
        ),
        Relaxed::Share => (
            format!(
                "of the candidates with at least {min_k} segments; none of them keeps every segment at {share} % of the customers or more"
            ),
            format!(
                "entre os candidatos com pelo menos {min_k} segmentos; nenhum deles mantém todos os segmentos com {share} % dos clientes ou mais"
            ),
        ),
        Relaxed::ShareAndLeastK => (
            format!("of all candidates; none has {min_k} segments or more"),
            format!("entre todos os candidatos; nenhum tem {min_k} segmentos ou mais"),
        ),
    };
    let (only_en, only_pt) = match params.algorithm {
        Some(_) => (" (the algorithm was given, not compared)", " (o algoritmo foi fixado, não comparado)"),
        None => ("", ""),
    };
    let (agree_en, agree_pt) = agreement(c);
    let (label, k) = (c.algorithm.label(), c.k);
    Localized {
        en: format!(
            "{label} with k = {k}{only_en}: the highest mean silhouette coefficient, {score:.4}, {among_en}{agree_en}"
        ),
        pt_br: format!(
            "{label} com k = {k}{only_pt}: o maior coeficiente de silhueta médio, {}, {among_pt}{agree_pt}",
            portuguese(&format!("{score:.4}"))
        ),
    }
}

fn agreement(c: &Candidate) -> (String, String) {
    let Some(index) = c.agreement else {
        return Default::default();
    };
    let counterpart = if c.algorithm == Algorithm::KMeans { "Ward" } else { "k-means" };
    (
        format!("; {counterpart} at the same k agrees with an adjusted Rand index of {index:.2}"),
        format!(
            "; {counterpart} com o mesmo k concorda com índice de Rand ajustado de {}",
            portuguese(&format!("{index:.2}"))
        ),
    )
}
