//! The first sheet: what this file is and how to read it.

use super::Sheet;
use super::sheet::sheet;
use crate::catalogue;
use crate::wording::{integer, portuguese};

/// What the sheets hold; they come after it.
pub(super) fn cover(others: &[Sheet]) -> Sheet {
    let version = env!("CARGO_PKG_VERSION");
    let mut rows: Vec<[String; 3]> = vec![
        row(
            "What · O quê",
            "Data dictionary of the customer segmentation: every raw column, cleaning rule, feature, segment and field.",
            "Dicionário de dados da segmentação de clientes: cada coluna de origem, regra de limpeza, atributo, segmento e campo.",
        ),
        row(
            "Version · Versão",
            &format!(
                "Written by `segment dictionary`, version {version}, from the tables that the code itself uses."
            ),
            &format!(
                "Escrito por `segment dictionary`, versão {version}, a partir das tabelas que o próprio código usa."
            ),
        ),
        used(),
        row(
            "Run and date · Execução e data",
            "A run names itself: id, moment, files with SHA-256 and every parameter are in its manifest (last sheet), shown by `segment show` and GET /v1/run.",
            "A execução se identifica: id, momento, arquivos com SHA-256 e todos os parâmetros estão no manifesto (última planilha), mostrado por `segment show` e GET /v1/run.",
        ),
        row(
            "Money · Dinheiro",
            "In the currency of the data set; in the API and in exports in whole pennies (hundredths), so that sums are exact.",
            "Na moeda do conjunto de dados; na API e nas exportações em centavos inteiros, para que as somas sejam exatas.",
        ),
        row(
            "Privacy · Privacidade",
            "Names, addresses and e-mails are neither needed nor stored. Customer ids are pseudonyms: personal data for whoever holds the shop's register. `segment forget` erases a customer.",
            "Nomes, endereços e e-mails não são necessários nem guardados. Ids de clientes são pseudônimos: dados pessoais para quem tem o cadastro da loja. `segment forget` apaga um cliente.",
        ),
    ];
    rows.extend(others.iter().map(contents));
    sheet("About · Sobre", ["topic · tema", "English", "português"], rows)
}

fn row(topic: &str, en: &str, pt_br: &str) -> [String; 3] {
    [topic, en, pt_br].map(str::to_owned)
}

/// The data set that runs use unless another is named.
fn used() -> [String; 3] {
    let first = &catalogue::datasets()[0];
    let customers = first.extent.map_or(String::new(), |extent| integer(extent.customers));
    row(
        "Data · Dados",
        &format!(
            "The published notebooks and `make run` use {} ({customers} customers); `segment run --dataset` names another.",
            first.title
        ),
        &format!(
            "Os notebooks publicados e `make run` usam {} ({} clientes); `segment run --dataset` indica outro.",
            first.title,
            portuguese(&customers)
        ),
    )
}

/// How many rows a sheet has.
fn contents(sheet: &Sheet) -> [String; 3] {
    let rows = integer(sheet.rows.len() as u64);
    row(&sheet.name, &format!("{rows} rows"), &format!("{} linhas", portuguese(&rows)))
}
