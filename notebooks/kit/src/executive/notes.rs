//! What stands below the table: how it was reckoned, the risks, what would change the decision.

use segmentation_lib::card::{ASSUMED_LIFT, FREE_CHANNELS, PERSONAL_CONTACT};
use segmentation_lib::nearest_segments::is_borderline;
use segmentation_lib::record::{Assignment, Snapshot};

use super::Page;
use crate::language::{Language, decimal, integer, language, percent, pick, said};

impl Page<'_> {
    pub(super) fn notes(&self) -> Vec<String> {
        let risks = [self.risk_of_forecast(), self.risk_of_borders(), self.risk_of_data()];
        let risks = risks.into_iter().flatten().enumerate();
        let risks = risks.map(|(at, risk)| format!("{} {}: {risk}", pick("Risco", "Risk"), at + 1));
        [reckoned()].into_iter().chain(risks).chain([self.changes()]).collect()
    }

    fn risk_of_forecast(&self) -> Option<String> {
        let trial = self.run.manifest.forecast.as_ref()?.model.trial.as_ref()?;
        let off = trial.scores.first()?.bias?;
        Some(said!(
            "a previsão erra. Testada de {} a {}, ela esperava {} de compras {} que as {} que vieram; ela não considera sazonalidade nem campanhas.",
            "the forecast is off. Tried from {} to {}, it expected {} {} purchases than the {} that came; seasons and campaigns are not in it.",
            day(&trial.cut_off),
            day(&trial.end),
            percent(off.abs()),
            if off < 0.0 { pick("a menos", "fewer") } else { pick("a mais", "more") },
            integer(trial.actual)
        ))
    }

    fn risk_of_borders(&self) -> Option<String> {
        let recovery = self.run.manifest.candidates.iter().find(|c| c.chosen)?.recovery.as_ref()?;
        let (refits, weakest) = (decimal(recovery.refits_mean, 2), decimal(recovery.weakest()?, 2));
        let Snapshot { manifest, segments, assignments, .. } = self.run;
        let run = (&manifest.features[..], &segments[..]);
        let is_uncertain = |a: &&Assignment| is_borderline(run, a.segment_id, a.silhouette, &a.features);
        let uncertain = assignments.iter().filter(is_uncertain).count();
        Some(said!(
            "{} dos clientes estão perto de um limite e poderiam estar no segmento vizinho. Novos ajustes sem 1 % dos clientes dão quase os mesmos segmentos (índice de Rand ajustado {}; Jaccard médio do mais fraco {}; 1 é igualdade).",
            "{} of the customers stand near a border and could as well be in the next segment. New fits without 1 % of the customers give nearly the same segments (adjusted Rand index {}; mean Jaccard similarity of the weakest {}; 1 is equality).",
            percent(uncertain as f64 / assignments.len().max(1) as f64),
            refits,
            weakest
        ))
    }

    fn risk_of_data(&self) -> Option<String> {
        let manifest = &self.run.manifest;
        let (input, kept) = (manifest.ledger.first()?, manifest.ledger.last()?);
        let source = &manifest.source;
        Some(said!(
            "os dados são um recorte: compras de {} a {}; {} das linhas ficam depois da limpeza; quem compra sem se identificar não está em nenhum segmento.",
            "the data are an excerpt: purchases from {} to {}; {} of the lines remain after cleaning; who buys without being known is in no segment.",
            day(&source.first_transaction),
            day(&source.last_transaction),
            percent(kept.rows as f64 / input.rows.max(1) as f64)
        ))
    }

    fn changes(&self) -> String {
        let foresight = self.run.manifest.foresight.as_ref();
        let kept = foresight.and_then(segmentation_lib::record::Foretold::kept);
        let better = kept.map_or(String::new(), |kept| {
            said!(
                "segmentos que prevejam as próximas compras claramente melhor (estes chegam a {} do melhor modelo feito cliente a cliente); ",
                "segments that foretell the next purchases clearly better (these reach {} of the best model made customer by customer); ",
                percent(kept)
            )
        });
        said!(
            "O que mudaria a decisão: {}um novo ajuste do modelo em que muitos clientes mudem de segmento; um aviso de deriva na execução noturna.",
            "What would change the decision: {}a refit of the model in which many customers change segment; a warning of drift in a nightly run.",
            better
        )
    }
}

/// How the last columns of the table come about.
fn reckoned() -> String {
    let (lift, personal, free) =
        (decimal(ASSUMED_LIFT * 100.0, 0), decimal(PERSONAL_CONTACT, 0), decimal(FREE_CHANNELS, 1));
    said!(
        "Um contato pode custar {0} % do valor que se espera de pelo menos metade dos clientes do segmento: é o que ele traria em vendas se acrescentasse {0} %, a multiplicar pela margem; quanto acrescenta de fato, só um grupo de controle mostra. Contato pessoal a partir de {1} vezes o valor esperado médio por cliente; só canais sem custo abaixo de {2}: ali um contato não pode custar nada.",
        "A contact may cost {0} % of what at least half of the segment’s customers are expected to bring: what it would bring in sales if it added {0} %, to be multiplied by the margin; what it does add only a control group shows. Personal contact from {1} times the average expected value a head on; free channels only below {2}: there a contact may cost nothing.",
        lift,
        personal,
        free
    )
}

/// The day of a moment in ISO 8601, as the language writes it.
fn day(moment: &str) -> String {
    let iso = moment.get(..10).unwrap_or(moment);
    match (language(), iso.split('-').collect::<Vec<_>>().as_slice()) {
        (Language::PtBr, [year, month, day]) => format!("{day}/{month}/{year}"),
        _ => iso.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::within;

    #[test]
    fn days_are_written_as_the_language_does() {
        assert_eq!(day("2011-12-09T12:50:00"), "2011-12-09");
        assert_eq!(within(Language::PtBr, || day("2011-12-09T12:50:00")), "09/12/2011");
    }
}
