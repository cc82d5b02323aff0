//! What stands in the dictionary, taken from the code's own tables.

use super::sheet::{Cell, Sheet, sheet};
use super::{DictionaryError, api, cover, data, manifest};
use crate::features::{FEATURES, Feature};
use crate::record::Unit;
use crate::transactions::{RuleInfo, Rules, known_words};
use crate::vocabulary::{Habit, SegmentName, State, Vocabulary, Wording};

/// Every sheet of the dictionary, in order.
///
/// # Errors
/// An API description that is not OpenAPI.
pub fn sheets() -> Result<Vec<Sheet>, DictionaryError> {
    let vocabulary = Vocabulary::bundled();
    let names = [segments(&vocabulary), rfm_groups(&vocabulary)];
    let before = [data::datasets(), data::raw_columns(), rules(), words(), features()];
    let fields = [api::fields()?, run_manifest()];
    let mut sheets: Vec<Sheet> = before.into_iter().chain(names).chain(fields).collect();
    sheets.insert(0, cover::cover(&sheets));
    Ok(sheets)
}

fn rules() -> Sheet {
    let row = |r: &RuleInfo| {
        let default = if r.default { "on · ligada" } else { "off · desligada" };
        let switchable = if r.required {
            "no: such a row cannot be kept · não: a linha não pode ser mantida"
        } else {
            "yes · sim"
        };
        [r.rule.name(), default, switchable, r.en, r.pt_br].map(str::to_owned)
    };
    sheet(
        "Rules · Regras de limpeza",
        [
            "rule · regra",
            "default · padrão",
            "can be switched off · pode ser desligada",
            "what it removes",
            "o que remove",
        ],
        Rules::all().iter().map(row).collect(),
    )
}

fn words() -> Sheet {
    let row = |(meaning, meaning_pt_br, word): (&str, &str, &str)| {
        [meaning, meaning_pt_br, word].map(str::to_owned)
    };
    sheet(
        "Words · Palavras nos dados",
        ["meaning", "significado", "word · palavra"],
        known_words().map(row).collect(),
    )
}

fn features() -> Sheet {
    let row = |f: &Feature| {
        let unit = match f.unit {
            Unit::Pennies => "currency; pennies in the API · moeda; centavos na API",
            Unit::Days => "days · dias",
            Unit::Purchases => "purchases · compras",
            Unit::Share => "share of 1 · proporção de 1",
            Unit::Lines => "lines · linhas",
            Unit::Products => "products · produtos",
            Unit::Units => "pieces · unidades",
        };
        let texts = [
            f.name,
            f.label,
            f.label_pt_br,
            unit,
            f.formula,
            f.formula_pt_br,
            f.description,
            f.description_pt_br,
        ];
        texts.map(str::to_owned)
    };
    sheet(
        "Features · Atributos",
        [
            "name · nome",
            "label",
            "rótulo",
            "unit · unidade",
            "formula",
            "fórmula",
            "description",
            "descrição",
        ],
        FEATURES.iter().map(row).collect(),
    )
}

/// A state or a habit in both languages.
fn in_both(name: &str) -> String {
    let local = match name {
        "active" => "ativo",
        "overdue" => "atrasado",
        "away" => "afastado",
        "gone" => "perdido",
        "none" => "nenhuma",
        "once" => "uma vez",
        "returning" => "recorrente",
        "regular" => "regular",
        "core" => "principal",
        "devoted" => "fiel",
        other => other,
    };
    if local == name { name.to_owned() } else { format!("{name} · {local}") }
}

fn segments(vocabulary: &Vocabulary) -> Sheet {
    let row = |n: &SegmentName| {
        let cells = vocabulary.segments.cells(&n.wording.key);
        let state = |s: &State| cells.iter().any(|c| c.state == *s);
        let habit = |h: &Habit| cells.iter().any(|c| c.habit == *h);
        let states: Vec<String> = State::ALL.into_iter().filter(state).map(|s| in_both(s.name())).collect();
        let habits: Vec<String> = Habit::ALL.into_iter().filter(habit).map(|h| in_both(h.name())).collect();
        let first =
            n.first_purchase_within_days.map_or("any · qualquer".into(), |days| Cell::Number(days.into()));
        let [key, en, pt_br, description, description_pt_br, action, action_pt_br] = texts(&n.wording);
        let (states, habits) = (states.join(", "), habits.join(", "));
        let days = n.first_purchase_within_days.unwrap_or_default().to_string();
        let [description, description_pt_br] = [(description, 1), (description_pt_br, 2)]
            .map(|(text, language)| without_placeholders(&text, &days, language));
        [key, en, pt_br, states, habits]
            .map(Cell::from)
            .into_iter()
            .chain([first])
            .chain([description, description_pt_br, action, action_pt_br].map(Cell::from))
            .collect::<Vec<_>>()
    };
    Sheet {
        name: "Segments · Segmentos".to_owned(),
        header: [
            "key · chave",
            "name",
            "nome",
            "state by the clock of the data · estado pelo relógio dos dados",
            "habit by the median number of purchases · hábito pela mediana de compras",
            "first purchase within days · primeira compra em até (dias)",
            "when it holds (N and M: days, P and Q: shares that each run measures in its data)",
            "quando vale (N e M: dias, P e Q: proporções que cada execução mede em seus dados)",
            "action",
            "ação",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows: vocabulary.segments.names().iter().map(row).collect(),
    }
}

/// What stands for the phrases of a run's clock, in English and in Portuguese.
const PHRASES: [[&str; 3]; 3] = [
    ["{rhythm}", "P % of repeat purchases come within N days", "P % das recompras acontecem em até N dias"],
    [
        "{delay}",
        "P % of repeat purchases come within N days, Q % within M",
        "P % das recompras acontecem em até N dias, Q % em até M",
    ],
    ["{silence}", "Q % of repeat purchases come within M days", "Q % das recompras acontecem em até M dias"],
];

/// A condition as a reader meets it before a run: what a run measures has a letter, the days of a first purchase are
/// `first`; `language` is the column of [`PHRASES`].
fn without_placeholders(text: &str, first: &str, language: usize) -> String {
    let days = text.replace("{first}", first).replace("{active}", "N").replace("{away}", "M");
    PHRASES.iter().fold(days, |text, phrase| text.replace(phrase[0], phrase[language]))
}

fn rfm_groups(vocabulary: &Vocabulary) -> Sheet {
    sheet(
        "RFM groups · Grupos RFM",
        ["key · chave", "name", "nome", "who is in it", "quem está nele", "action", "ação"],
        vocabulary.groups.groups().iter().map(texts).collect(),
    )
}

fn texts(wording: &Wording) -> [String; 7] {
    let Wording { key, name, description, action } = wording;
    [key, &name.en, &name.pt_br, &description.en, &description.pt_br, &action.en, &action.pt_br]
        .map(Clone::clone)
}

fn run_manifest() -> Sheet {
    let row = |(field, en, pt_br): &(&str, &str, &str)| [field, en, pt_br].map(|text| (*text).to_owned());
    sheet(
        "Run manifest · Manifesto",
        ["field · campo", "description", "descrição"],
        manifest::FIELDS.iter().map(row).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_holds_a_placeholder_that_only_a_run_fills() {
        for sheet in sheets().expect("the API description is OpenAPI") {
            for cell in sheet.rows.iter().flatten() {
                assert!(!cell.to_string().contains('{'), "{}: {cell}", sheet.name);
            }
        }
    }
}
