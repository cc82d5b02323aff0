//! Merge trees against scipy's `linkage` and `fcluster`.

use ndarray::Array2;
use segmentation_lib::engine::hierarchical::{Dendrogram, HierarchicalParams, Linkage, dendrogram};
use segmentation_lib::progress::Progress;

use crate::inputs::{GENERATED, generated};
use crate::recorded::{Recorded, Tree, assert_close, recorded};

const LINKAGES: [Linkage; 4] = [Linkage::Ward, Linkage::Average, Linkage::Complete, Linkage::Single];

pub fn tree(points: &Array2<f64>, linkage: Linkage) -> Dendrogram {
    dendrogram(points.view(), linkage, &HierarchicalParams::default(), &Progress::silent()).expect("a tree")
}

/// Every linkage that was recorded.
pub fn agree(name: &str, points: &Array2<f64>, recorded: &Recorded) {
    for linkage in LINKAGES {
        if let Some(expected) = recorded.linkages.get(linkage.name()) {
            tree_agrees(&format!("{name}, {}", linkage.name()), points, &tree(points, linkage), expected);
        }
    }
}

fn tree_agrees(what: &str, points: &Array2<f64>, tree: &Dendrogram, expected: &Tree) {
    let heights = tree.heights();
    for (&place, &height) in &expected.heights {
        assert_close(heights[place], height, &format!("{what}, merge {place}"));
    }
    assert_close(heights.iter().sum(), expected.height_sum, &format!("{what}, sum of heights"));
    for (&k, partition) in &expected.cuts {
        assert!(partition.is(&tree.cut(k)), "{what}, {k} clusters: another partition");
    }
    let merged = tree.merges().partition_point(|merge| merge.height <= expected.cut_height);
    let at = tree.cut(points.nrows() - merged);
    assert!(expected.cut_at_height.is(&at), "{what}, cut at {}: another partition", expected.cut_height);
}

#[test]
fn trees_are_those_of_scipy() {
    for name in GENERATED {
        let points = generated(name);
        agree(name, &points, &recorded(name, &points));
    }
}

/// What is left out above: among equally high merges scipy and we may choose differently, and both are
/// right. It happens on lattices alone; heights still agree.
#[test]
fn ties_are_where_they_are_expected() {
    for name in GENERATED {
        let recorded = recorded(name, &generated(name));
        for (linkage, tree) in &recorded.linkages {
            let expected = matches!(name, "corners" | "grid");
            assert_eq!(tree.tied.is_empty(), !expected, "{name}, {linkage}: {:?}", tree.tied);
        }
    }
}
