//! Why a customer changed segment, in words.

use super::Reason;
use crate::features::in_sentence;
use crate::record::Localized;
use crate::wording::{feature as number, portuguese, unit_after};

/// One sentence, without a full stop: `no purchase meanwhile: recency from 40 to 71 days, the border is 55`.
pub(super) fn of(reason: &Reason) -> Localized {
    let what = reason.cause.in_words();
    let Some((named, before, after, border)) = &reason.crossing else { return what };
    let [label, rotulo] = in_sentence(&named.name);
    let [unit, unidade] = unit_after(named.unit);
    let text = |value: f64| number(value, named.unit);
    let (then, now) = (text(*before), text(*after));
    let border = border.map(text);
    let en = border
        .as_ref()
        .map_or(", together with other features".to_owned(), |b| format!(", the border is {b}"));
    let pt_br = border
        .map_or(", junto com outros atributos".to_owned(), |b| format!(", o limite é {}", portuguese(&b)));
    Localized {
        en: format!("{}: {label} from {then} to {now}{unit}{en}", what.en),
        pt_br: format!(
            "{}: {rotulo} de {} para {}{unidade}{pt_br}",
            what.pt_br,
            portuguese(&then),
            portuguese(&now)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Cause, NamedFeature, Unit};

    fn reason(cause: Cause, name: &str, unit: Unit, numbers: (f64, f64, Option<f64>)) -> Reason {
        let named = std::sync::Arc::new(NamedFeature { name: name.to_owned(), unit });
        Reason { cause, crossing: Some((named, numbers.0, numbers.1, numbers.2)) }
    }

    #[test]
    fn the_border_that_was_crossed_is_named() {
        let text = of(&reason(Cause::Ageing, "recency", Unit::Days, (40.0, 71.0, Some(55.2))));
        assert_eq!(text.en, "no purchase meanwhile: recency from 40 to 71 days, the border is 55");
        assert_eq!(text.pt_br, "nenhuma compra no período: recência de 40 para 71 dias, o limite é 55");
    }

    #[test]
    fn money_is_written_as_each_language_writes_it() {
        let text = of(&reason(Cause::Purchases, "monetary", Unit::Pennies, (123_450.0, 9_999_900.0, None)));
        assert!(text.en.contains("from 1,234.50 to 99,999.00, together"), "{}", text.en);
        assert!(text.pt_br.contains("de 1.234,50 para 99.999,00, junto"), "{}", text.pt_br);
    }

    #[test]
    fn another_model_is_all_that_is_said() {
        let text = of(&Reason { cause: Cause::Model, crossing: None });
        assert_eq!(text.pt_br, "os segmentos foram recalculados");
    }
}
