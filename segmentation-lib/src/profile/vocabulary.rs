//! The usual retail vocabulary and where each name stands.
//!
//! A name is an ideal point in the cube of recency, frequency and monetary scores, each from 0 (worst)
//! to 1 (best) of the population. Segments get names by the cheapest assignment of segments to ideals
//! (squared distance, each name once), so names are unique by construction. Squared distance also
//! keeps the order honest: where one segment is at least as good as another on all three scores, it
//! never gets the strictly worse of two comparable names, because exchanging the two would be cheaper.

/// A name a segment can carry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Name {
    /// Machine name.
    pub key: &'static str,
    /// English.
    pub en: &'static str,
    /// Brazilian Portuguese.
    pub pt_br: &'static str,
    /// Ideal recency, frequency and monetary scores.
    pub ideal: [f64; 3],
    /// What to do with them, in English.
    pub action: &'static str,
    /// What to do with them, in Brazilian Portuguese.
    pub action_pt_br: &'static str,
}

/// The names, from the most to the least valuable.
pub const VOCABULARY: [Name; 12] = [
    Name {
        key: "champions",
        en: "Champions",
        pt_br: "Campeões",
        ideal: [0.90, 0.90, 0.90],
        action: "Reward them, give early access to new products, ask for referrals; no discounts needed",
        action_pt_br: "Recompense, dê acesso antecipado a novidades e peça indicações; não precisam de desconto",
    },
    Name {
        key: "loyal",
        en: "Loyal customers",
        pt_br: "Clientes fiéis",
        ideal: [0.70, 0.75, 0.70],
        action: "Offer a loyalty programme and products that go with what they buy",
        action_pt_br: "Ofereça programa de fidelidade e produtos que combinem com o que compram",
    },
    Name {
        key: "big_spenders",
        en: "Big spenders",
        pt_br: "Grandes compradores",
        ideal: [0.55, 0.45, 0.85],
        action: "Personal contact and premium lines; few purchases, large baskets",
        action_pt_br: "Contato pessoal e linhas premium; poucas compras, cestas grandes",
    },
    Name {
        key: "cannot_lose",
        en: "Cannot lose them",
        pt_br: "Não podemos perder",
        ideal: [0.15, 0.80, 0.85],
        action: "Call them: they bought much and have stopped; find out why and win them back",
        action_pt_br: "Ligue: compravam muito e pararam; descubra o motivo e reconquiste",
    },
    Name {
        key: "potential_loyalists",
        en: "Potential loyalists",
        pt_br: "Fiéis em potencial",
        ideal: [0.80, 0.50, 0.50],
        action: "Invite to the loyalty programme; suggest a next purchase while they are active",
        action_pt_br: "Convide para o programa de fidelidade; sugira a próxima compra enquanto estão ativos",
    },
    Name {
        key: "need_attention",
        en: "Need attention",
        pt_br: "Precisam de atenção",
        ideal: [0.45, 0.55, 0.55],
        action: "Limited-time offers based on past purchases, before they drift away",
        action_pt_br: "Ofertas por tempo limitado com base em compras passadas, antes que se afastem",
    },
    Name {
        key: "at_risk",
        en: "At risk",
        pt_br: "Em risco",
        ideal: [0.25, 0.60, 0.60],
        action: "Win-back campaign with a personal reason to return",
        action_pt_br: "Campanha de reconquista com um motivo pessoal para voltar",
    },
    Name {
        key: "new",
        en: "New customers",
        pt_br: "Clientes novos",
        ideal: [0.85, 0.20, 0.25],
        action: "Welcome them well and make the second purchase easy",
        action_pt_br: "Receba bem e facilite a segunda compra",
    },
    Name {
        key: "promising",
        en: "Promising",
        pt_br: "Promissores",
        ideal: [0.65, 0.30, 0.35],
        action: "Build awareness with small incentives for another purchase",
        action_pt_br: "Crie proximidade com pequenos incentivos para uma nova compra",
    },
    Name {
        key: "about_to_sleep",
        en: "About to sleep",
        pt_br: "Quase dormindo",
        ideal: [0.40, 0.30, 0.30],
        action: "Remind them with popular products and a modest incentive",
        action_pt_br: "Relembre com produtos populares e um incentivo modesto",
    },
    Name {
        key: "hibernating",
        en: "Hibernating",
        pt_br: "Hibernando",
        ideal: [0.20, 0.30, 0.35],
        action: "Low-cost contact with a relevant offer; expect little",
        action_pt_br: "Contato de baixo custo com uma oferta relevante; espere pouco",
    },
    Name {
        key: "lost",
        en: "Lost",
        pt_br: "Perdidos",
        ideal: [0.10, 0.10, 0.10],
        action: "Leave out of paid campaigns; at most one last reactivation attempt",
        action_pt_br: "Deixe fora de campanhas pagas; no máximo uma última tentativa de reativação",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_names_are_unique() {
        for (i, a) in VOCABULARY.iter().enumerate() {
            for b in &VOCABULARY[..i] {
                assert!(a.key != b.key && a.en != b.en && a.pt_br != b.pt_br, "{} {}", a.key, b.key);
            }
        }
    }
}
