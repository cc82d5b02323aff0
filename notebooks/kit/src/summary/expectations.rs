//! What the forecast expects, and how far its trial held.

use segmentation_lib::record::{Family, Score, Segment, Snapshot, Trial};
use segmentation_lib::wording::{integer, money, percent};

use super::{Sentences, pt};
use crate::html::Html;
use crate::language::{Language, term, within};

/// What to expect, and how far that held: notebook 6.
pub fn forecast(run: &Snapshot, currency: &str) -> Html {
    let mut found = Sentences(Vec::new());
    let Some(forecast) = &run.manifest.forecast else { return found.html() };
    let (days, all, family) = (forecast.horizon_days, &forecast.all, forecast.model.purchases.family);
    let purchases = integer(all.expected_purchases.round() as i64);
    let value = all.expected_value_pennies.map(money);
    let worth = |before: &str, text: &dyn Fn(&str) -> String| {
        value.as_ref().map_or(String::new(), |value| format!("{before}{} {currency}", text(value)))
    };
    found.say(
        format!(
            "Nos próximos {days} dias o {family} espera {} compras de todos os clientes{}.",
            pt(&purchases),
            worth(", no valor de ", &|value| pt(value))
        ),
        format!(
            "In the next {days} days the {family} expects {purchases} purchases of all customers{}.",
            worth(", worth ", &str::to_owned)
        ),
    );
    if forecast.model.instead.is_some() && family == Family::Nbd {
        found.say(
            "Os dados não mostram clientes deixando de comprar de vez; por isso o modelo não diz nada sobre quem ainda é cliente."
                .to_owned(),
            "The data give no sign that anybody leaves for good, so the model says nothing about who is still a customer."
                .to_owned(),
        );
    }
    let brings = |segment: &Segment| segment.forecast.as_ref()?.value_share(all);
    let with_share = run.segments.iter().filter_map(|segment| Some((segment, brings(segment)?)));
    if let Some((segment, share)) = with_share.max_by(|a, b| a.1.total_cmp(&b.1)) {
        let share = percent(share);
        found.say(
            format!("{}: {} do valor esperado.", segment.name.pt_br, pt(&share)),
            format!("{}: {share} of the expected value.", segment.name.en),
        );
    }
    if let Some(trial) = &forecast.model.trial {
        held(trial, &mut found);
    }
    found.html()
}

fn held(trial: &Trial, found: &mut Sentences) {
    let [model, naive @ ..] = trial.scores.as_slice() else { return };
    let off = |bias: Option<f64>| format!("{:+.1} %", 100.0 * bias.unwrap_or(0.0));
    let best = naive.iter().min_by(|a, b| {
        let size = |score: &Score| score.bias.unwrap_or(score.sum).abs();
        size(a).total_cmp(&size(b))
    });
    let actual = integer(trial.actual);
    found.say(
        format!("No teste vieram {} compras; o modelo errou a soma em {}.", pt(&actual), pt(off(model.bias))),
        format!("In the trial {actual} purchases came; the model was off by {} in the sum.", off(model.bias)),
    );
    if let Some(best) = best {
        let name = best.forecaster.to_string();
        let nome = within(Language::PtBr, || term(&name).into_owned());
        found.say(
            format!("A melhor previsão ingênua da soma ({nome}) errou em {}.", pt(off(best.bias))),
            format!("The best naive forecast of the sum ({name}) was off by {}.", off(best.bias)),
        );
    }
    let nearer = trial.beaten_by().len();
    found.say(
        format!("Em {nearer} de 3 medidas uma previsão ingênua chegou mais perto que o modelo."),
        format!("By {nearer} of 3 measures a naive forecast was nearer than the model."),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forecast_is_summed_up_with_how_it_held() {
        let text = forecast(&test_support::sample::snapshot(300, 1), "GBP").text().to_owned();
        assert!(text.contains("the next 90 days the Pareto/NBD expects"), "{text}");
        assert!(
            text.contains("No teste vieram 100 compras") && text.contains("By 2 of 3 measures"),
            "{text}"
        );
    }
}
