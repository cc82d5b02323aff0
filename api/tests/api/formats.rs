//! Stores that earlier versions wrote are served.

use std::path::Path;

use segmentation_lib::record::{FORMAT_VERSION, Snapshot};
use segmentation_lib::store::Store;

use crate::helpers::encode;
use crate::process::{get, start};

#[test]
fn a_store_of_every_format_is_served() {
    for format in 1..=FORMAT_VERSION {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../segmentation-lib/tests/store/formats");
        let dir = dir.join(format.to_string());
        let json = std::fs::read(dir.join("snapshot.json")).expect("recorded with the store");
        let written: Snapshot = serde_json::from_slice(&json).expect("a snapshot");
        let (_server, address) = start(&Store::at(dir.join("store")), &[]);
        for assignment in &written.assignments {
            let id = encode(&assignment.customer_id);
            let answer = get(&address, &format!("/v1/customers/{id}/segment"));
            let (_, body) = answer.split_once("\r\n\r\n").expect("an answer");
            let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
            assert_eq!(body["run_id"], written.manifest.run_id, "format {format}");
            assert_eq!(body["customer_id"], assignment.customer_id);
            assert_eq!(body["segment"]["id"], assignment.segment_id, "{body}");
        }
        assert!(get(&address, "/v1/run").contains(&format!("\"format_version\":{format},")));
    }
}
