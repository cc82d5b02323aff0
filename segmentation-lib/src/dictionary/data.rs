//! The data sets and their raw columns.

use super::sheet::{Cell, Sheet};
use crate::catalogue::{self, Dataset, Download, Origin, RawColumn};

pub(super) fn datasets() -> Sheet {
    let header = [
        "name · nome",
        "title · título",
        "used · usado",
        "rows · linhas",
        "customers · clientes",
        "first day · primeiro dia",
        "last day · último dia",
        "currency · moeda",
        "description",
        "descrição",
        "source · fonte",
        "licence · licença",
        "citation · citação",
        "how to get it · como obter",
    ];
    Sheet {
        name: "Data sets · Dados".to_owned(),
        header: header.map(str::to_owned).to_vec(),
        rows: catalogue::datasets().iter().enumerate().map(|(place, d)| dataset(place, d)).collect(),
    }
}

fn dataset(place: usize, d: &Dataset) -> Vec<Cell> {
    let origin = match &d.origin {
        Origin::Bundled { file, .. } => format!("bundled · incluído: data/{file}"),
        Origin::Download(Download { url, .. }) => format!("segment fetch {}: {url}", d.name),
        Origin::ByHand { steps } => format!("by hand · à mão: {steps}"),
    };
    let used = match (place, &d.origin) {
        (0, _) => "default: notebooks, make run · padrão: notebooks, make run",
        (_, Origin::Bundled { .. }) => "second set of the notebooks · segundo conjunto dos notebooks",
        _ => "on request · sob pedido",
    };
    let unknown = || Cell::from("not counted · não contado");
    let number = |n: Option<u64>| n.map_or_else(unknown, |n| Cell::Number(n as f64));
    let day = |at: usize| d.extent.map_or_else(unknown, |extent| extent.period[at].into());
    let mut cells = vec![d.name.into(), d.title.into(), used.into()];
    cells.extend([number(d.extent.map(|e| e.rows)), number(d.extent.map(|e| e.customers)), day(0), day(1)]);
    let currency = d.currency.unwrap_or("not stated · não informada");
    let texts = [currency, d.description, d.description_pt_br, d.source, d.licence, d.citation, &origin];
    cells.extend(texts.map(Cell::from));
    cells
}

pub(super) fn raw_columns() -> Sheet {
    let header = [
        "data set · conjunto",
        "column · coluna",
        "type · tipo",
        "unit · unidade",
        "smallest · menor",
        "largest · maior",
        "example · exemplo",
        "role · papel",
        "key · chave",
        "where it is missing",
        "onde falta",
        "privacy class · classe de privacidade",
        "description",
        "descrição",
    ];
    let rows = catalogue::datasets().iter().flat_map(|d| d.columns.iter().map(|c| raw_column(d, c)));
    Sheet {
        name: "Raw columns · Colunas".to_owned(),
        header: header.map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}

fn raw_column(d: &Dataset, c: &RawColumn) -> Vec<Cell> {
    let both = |[en, pt_br]: [&str; 2]| if en == pt_br { en.to_owned() } else { format!("{en} · {pt_br}") };
    let unit = if c.unit[0].is_empty() { "none · nenhuma".to_owned() } else { both(c.unit) };
    let [smallest, largest] = ends(c);
    // Beside the amount a quantity adds nothing to the money.
    let counted = c.role == "quantity" && d.columns.iter().any(|other| other.role == "amount");
    let Part { key, missing, privacy } = part(if counted { "quantity beside amount" } else { c.role });
    let example = c.example.parse::<f64>().ok().filter(|_| is_number(c));
    let texts = |texts: &[&str]| texts.iter().map(|text| Cell::from(*text)).collect::<Vec<_>>();
    let mut cells = texts(&[d.name, c.name, &both(c.kind.name()), &unit]);
    cells.extend([smallest, largest]);
    cells.push(example.map_or_else(|| c.example.into(), Cell::Number));
    cells.extend(texts(&[c.role, key, missing[0], missing[1], privacy, c.en, c.pt_br]));
    cells
}

/// The smallest and the largest value; of what was not measured or has no order, that.
fn ends(column: &RawColumn) -> [Cell; 2] {
    let cell = |text: &str| match text.parse() {
        Ok(number) if is_number(column) => Cell::Number(number),
        _ => Cell::from(text),
    };
    match column.range.split_once(" … ") {
        Some((smallest, largest)) => [smallest, largest].map(cell),
        None if column.range.is_empty() => {
            ["not measured · não medido", "not measured · não medido"].map(Cell::from)
        }
        None => [column.range, column.range].map(Cell::from),
    }
}

fn is_number(column: &RawColumn) -> bool {
    matches!(column.kind, catalogue::RawKind::Decimal)
        || column.kind == catalogue::RawKind::Integer && column.role == "quantity"
}

/// What a role means for a column.
struct Part {
    key: &'static str,
    missing: [&'static str; 2],
    privacy: &'static str,
}

fn part(role: &str) -> Part {
    let (key, missing, privacy) = match role {
        "customer" => (
            "of the customer · do cliente",
            ["the row is removed (missing_customer)", "a linha é retirada (missing_customer)"],
            "pseudonym: personal data · pseudônimo: dado pessoal",
        ),
        "invoice" => (
            "of the purchase · da compra",
            ["the row counts by its day", "a linha conta pelo seu dia"],
            "linked to a customer · ligado a um cliente",
        ),
        "date" => (
            "no · não",
            ["the row is removed (unparsable_date)", "a linha é retirada (unparsable_date)"],
            "behaviour of a customer · comportamento de um cliente",
        ),
        "amount" | "price" | "quantity" => (
            "no · não",
            ["the row is removed (unparsable_number)", "a linha é retirada (unparsable_number)"],
            "behaviour of a customer · comportamento de um cliente",
        ),
        "quantity beside amount" => (
            "no · não",
            ["the row is kept", "a linha é mantida"],
            "behaviour of a customer · comportamento de um cliente",
        ),
        "country" => (
            "no · não",
            ["the row is kept", "a linha é mantida"],
            "coarse attribute of a customer · atributo geral de um cliente",
        ),
        _ => ("no · não", ["the row is kept", "a linha é mantida"], "none by itself · nenhuma por si só"),
    };
    Part { key, missing, privacy }
}
