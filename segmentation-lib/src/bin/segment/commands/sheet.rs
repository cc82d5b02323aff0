//! The k decision sheet, as `segment run` and `segment show` print it.

use segmentation_lib::snapshot::{AlgorithmRow, DecisionSheet, SheetRow, Vote};

use crate::output::{self, integer, percent};

/// Votes, figures by k, whether there is anything to find, and what it adds up to.
pub fn decision_sheet(sheet: &DecisionSheet) -> String {
    let tables = [votes(sheet), by_k(sheet), by_algorithm(sheet)].join("\n");
    format!("{tables}\n{}\n{}", sheet.tendency(), sheet.summary.en)
}

fn votes(sheet: &DecisionSheet) -> String {
    let k = |k: Option<usize>| k.map_or("none".to_owned(), |k| k.to_string());
    let row = |v: &Vote| [v.method.clone(), k(v.k), k(v.k_allowed), integer(v.customers), v.rule.clone()];
    let header = ["method", "votes for k", "of those allowed", "customers", "by"];
    output::table(header, &[1, 2, 3], sheet.votes.iter().map(row).collect())
}

fn by_k(sheet: &DecisionSheet) -> String {
    let number = |v: Option<f64>, digits: usize| v.map_or("-".to_owned(), |v| format!("{v:.digits$}"));
    let row = |r: &SheetRow| {
        [
            if r.k == sheet.chosen_k { "chosen" } else { "" }.to_owned(),
            r.k.to_string(),
            if r.allowed { "yes" } else { "no" }.to_owned(),
            number(r.silhouette, 4),
            r.smallest_share.map_or("-".to_owned(), percent),
            number(r.calinski_harabasz, 1),
            number(r.davies_bouldin, 4),
            number(r.inertia, 1),
            number(r.gap, 4),
            number(r.gap_error, 4),
            number(r.stability, 3),
        ]
    };
    let header = [
        "",
        "k",
        "allowed",
        "silhouette",
        "smallest",
        "Calinski-Harabasz",
        "Davies-Bouldin",
        "inertia",
        "gap",
        "s(k)",
        "weakest Jaccard",
    ];
    output::table(header, &[1, 3, 4, 5, 6, 7, 8, 9, 10], sheet.by_k.iter().map(row).collect())
}

fn by_algorithm(sheet: &DecisionSheet) -> String {
    let row = |r: &AlgorithmRow| {
        let jaccard: Vec<String> = r.jaccard.iter().map(|j| format!("{j:.2}")).collect();
        [
            r.algorithm.clone(),
            if r.allowed { "yes" } else { "no" }.to_owned(),
            format!("{:.4}", r.silhouette),
            format!("{:.3}", r.stability),
            jaccard.join(" "),
            integer(r.customers),
        ]
    };
    let header = [
        &format!("algorithm, k = {}", sheet.chosen_k),
        "allowed",
        "silhouette",
        "weakest Jaccard",
        "each segment",
        "customers",
    ];
    output::table(header, &[2, 3, 5], sheet.by_algorithm.iter().map(row).collect())
}
