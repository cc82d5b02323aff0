//! Who is compared with whom, segment by segment.

use std::collections::BTreeSet;

use segmentation_lib::lift::{Campaign, LiftError, Outcome, measure};
use segmentation_lib::record::{Arm, GroupLift, HeldOut, HoldoutParams, Lift, Snapshot};
use test_support::sample;

fn run() -> Snapshot {
    let mut run = sample::snapshot(600, 1);
    let ids = run.assignments.iter().map(|a| a.customer_id.as_str());
    run.held_out = Some(HeldOut::of(HoldoutParams { share: 0.2, seed: 5 }, ids));
    run
}

fn campaign<'a>(run: &'a Snapshot, treated: Option<&'a BTreeSet<String>>) -> Campaign<'a> {
    Campaign { run, treated, until: "2012-01-31", days: 53, has_money: true }
}

fn held(run: &Snapshot, is: bool) -> BTreeSet<String> {
    let marks = run.held_out.iter().flat_map(|held| &held.marks);
    let of = run.assignments.iter().zip(marks).filter(|(_, mark)| **mark == is);
    of.map(|(a, _)| a.customer_id.clone()).collect()
}

#[test]
fn the_segments_add_up_to_all() {
    let run = run();
    let outcome = |id: &str| Outcome {
        bought: id.ends_with('3'),
        pennies: 100 * id.len() as i64,
        ..Outcome::default()
    };
    let counted = measure(&campaign(&run, None), outcome).expect("hold-outs");
    let Lift { all, segments, .. } = &counted.lift;
    assert_eq!(all.held_out.customers, held(&run, true).len() as u64);
    assert_eq!(all.treated.customers + all.held_out.customers, run.assignments.len() as u64);
    for side in [|lift: &GroupLift| lift.treated, |lift: &GroupLift| lift.held_out] {
        let sum = segments.iter().map(|s| side(&s.lift)).fold(Arm::default(), |a, b| Arm {
            customers: a.customers + b.customers,
            bought: a.bought + b.bought,
            pennies: a.pennies + b.pennies,
        });
        assert_eq!(sum, side(all));
    }
    assert_eq!((counted.neither, counted.unknown.len()), (0, 0));
}

#[test]
fn a_campaign_of_some_compares_them_alone_and_names_whom_nobody_knows() {
    let run = run();
    let mut treated: BTreeSet<String> = held(&run, false).into_iter().step_by(2).collect();
    treated.insert("nobody".to_owned());
    let counted = measure(&campaign(&run, Some(&treated)), |_| Outcome::default()).expect("hold-outs");
    assert_eq!(counted.unknown, ["nobody"]);
    assert_eq!(counted.lift.all.treated.customers, treated.len() as u64 - 1);
    assert_eq!(counted.neither, held(&run, false).len() as u64 - (treated.len() as u64 - 1));
}

#[test]
fn who_is_contacted_although_held_out_is_refused_with_the_way_out() {
    let run = run();
    let treated = held(&run, true);
    let error = measure(&campaign(&run, Some(&treated)), |_| Outcome::default()).unwrap_err();
    assert!(matches!(&error, LiftError::Overlap { count, .. } if *count == treated.len()), "{error}");
    assert!(error.to_string().contains("as assigned"), "{error}");
}

#[test]
fn a_campaign_that_nobody_knows_and_a_run_without_hold_outs_are_refused() {
    let mut run = run();
    let strangers: BTreeSet<String> = ["x".to_owned(), "y".to_owned()].into();
    let error = measure(&campaign(&run, Some(&strangers)), |_| Outcome::default()).unwrap_err();
    assert!(matches!(error, LiftError::NobodyKnown { count: 2, .. }), "{error}");
    run.held_out = None;
    let error = measure(&campaign(&run, None), |_| Outcome::default()).unwrap_err();
    assert!(matches!(error, LiftError::NoHoldout { .. }), "{error}");
}
