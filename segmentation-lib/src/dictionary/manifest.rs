//! Meaning of the manifest's fields.

/// Path of a field in the manifest's JSON, meaning in English and in Brazilian Portuguese.
pub(super) const FIELDS: [(&str, &str, &str); 29] = [
    ("format_version", "Version of the stored format", "Versão do formato armazenado"),
    (
        "run_id",
        "Name of the run: creation time and first digits of the content digest",
        "Nome da execução: momento de criação e primeiros dígitos do resumo do conteúdo",
    ),
    ("created_at", "Creation time, RFC 3339, UTC", "Momento de criação, RFC 3339, UTC"),
    ("producer", "Program and version that made the run", "Programa e versão que fez a execução"),
    (
        "source",
        "Data set, files with size and SHA-256, rows read, first and last purchase, currency",
        "Conjunto de dados, arquivos com tamanho e SHA-256, linhas lidas, primeira e última compra, moeda",
    ),
    ("reference_date", "Date that recency is counted to", "Data até a qual a recência é contada"),
    (
        "ledger",
        "Rows, customers and pennies that each cleaning rule removed; adds up to the input",
        "Linhas, clientes e centavos que cada regra de limpeza removeu; a soma é a entrada",
    ),
    (
        "warnings",
        "What a reader should know of the data: kind, and text in both languages; absent where there is nothing",
        "O que se deve saber sobre os dados: tipo e texto nos dois idiomas; ausente quando não há nada",
    ),
    (
        "parameters",
        "Every parameter by its command-line name",
        "Todos os parâmetros pelo nome na linha de comando",
    ),
    ("seed", "Seed of everything random", "Semente de tudo que é aleatório"),
    (
        "features",
        "Columns of the matrix: unit, divisor, transform, clipping, centre and scale",
        "Colunas da matriz: unidade, divisor, transformação, cortes, centro e escala",
    ),
    ("algorithm", "Chosen algorithm", "Algoritmo escolhido"),
    ("k", "Chosen number of segments", "Número de segmentos escolhido"),
    (
        "silhouette",
        "Mean silhouette coefficient of the chosen clustering, -1 to 1",
        "Coeficiente de silhueta médio do agrupamento escolhido, de -1 a 1",
    ),
    (
        "silhouette_sample",
        "Customers of each segment that every silhouette coefficient was taken against; absent where against all",
        "Clientes de cada segmento com que cada coeficiente de silhueta foi calculado; ausente se com todos",
    ),
    ("reason", "Why this clustering, one sentence", "Por que este agrupamento, em uma frase"),
    (
        "candidates",
        "Every clustering compared: shares of the smallest and largest segment, R² of later spending, whether it holds, silhouette, inertia, agreement, Calinski-Harabasz, Davies-Bouldin, note",
        "Todos os agrupamentos comparados: parcelas do menor e do maior segmento, R² do gasto posterior, se se mantém, silhueta, inércia, concordância, Calinski-Harabasz, Davies-Bouldin, observação",
    ),
    (
        "foresight",
        "What the segments foretold in the look-back: R² beside the ceiling of a model per customer; absent where the history is too short",
        "O que os segmentos previram na retrospectiva: R² ao lado do teto de um modelo por cliente; ausente se o histórico é curto demais",
    ),
    (
        "decision_sheet",
        "What every method says about the number of segments, where run with --validate; else absent",
        "O que cada método diz sobre o número de segmentos, se executado com --validate; senão ausente",
    ),
    (
        "model",
        "The model that the run applies: id, data, when and on whom it was fitted; absent before format 3",
        "O modelo que a execução aplica: id, dados, quando e em quem foi ajustado; ausente antes do formato 3",
    ),
    (
        "drift",
        "How far the customers have drifted from the model's, and who changed segment; absent where there is no run before",
        "Quanto os clientes se afastaram dos do modelo e quem mudou de segmento; ausente se não há execução anterior",
    ),
    (
        "naming",
        "What the names rest on: the clock of the data, the vocabulary's SHA-256, the look-back; absent before format 3",
        "Em que se baseiam os nomes: o relógio dos dados, o SHA-256 do vocabulário, a retrospectiva; ausente antes do formato 3",
    ),
    (
        "forecast",
        "What customers are expected to do next: horizon, sums with intervals, the fitted models with standard errors, how they did on the last days; absent without a forecast",
        "O que se espera dos clientes: horizonte, somas com intervalos, os modelos ajustados com erros padrão, como se saíram nos últimos dias; ausente sem previsão",
    ),
    (
        "lift",
        "What the campaign of an earlier run brought: treated against held-out customers in the purchases since, in all and by segment, with 95 % intervals; absent where that run held nobody out, and after an erasure",
        "O que trouxe a campanha de uma execução anterior: clientes abordados contra o grupo de controle nas compras desde então, no total e por segmento, com intervalos de 95 %; ausente se não houve grupo de controle e após um apagamento",
    ),
    (
        "blocks",
        "Data beside the assignments that a reader may skip, with SHA-256: rfm, forecast, holdout, changes, co_assignment, vocabulary; absent where there are none",
        "Dados ao lado das atribuições que um leitor pode ignorar, com SHA-256: rfm, forecast, holdout, changes, co_assignment, vocabulary; ausente se não houver",
    ),
    ("customers", "Number of customers", "Número de clientes"),
    (
        "from_run",
        "The run that was published before: the changes are those since then",
        "A execução publicada antes: as mudanças são as ocorridas desde então",
    ),
    (
        "content_sha256",
        "SHA-256 of the content: same customers and parameters, same digest",
        "SHA-256 do conteúdo: mesmos clientes e parâmetros, mesmo resumo",
    ),
    (
        "segments",
        "Beside the manifest: the segments' profiles (size, shares, quartiles, centroid, names, action)",
        "Ao lado do manifesto: os perfis dos segmentos (tamanho, parcelas, quartis, centroide, nomes, ação)",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_the_manifest_is_described_and_no_other() {
        let api: serde_json::Value = serde_json::from_str(super::super::api::OPENAPI).expect("JSON");
        let fields = api["components"]["schemas"]["Manifest"]["properties"].as_object().expect("an object");
        let mut expected: Vec<&str> = fields.keys().map(String::as_str).chain(["segments"]).collect();
        expected.sort_unstable();
        let mut described: Vec<&str> = FIELDS.iter().map(|(name, _, _)| *name).collect();
        described.sort_unstable();
        assert_eq!(described, expected);
    }
}
