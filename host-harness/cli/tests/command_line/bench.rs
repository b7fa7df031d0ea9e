use serde_json::Value;

use crate::{POLICY, file, tagseal};

#[test]
fn each_figure_is_measured() {
    let policy = file("bench.json", POLICY);
    let ended = tagseal(&["bench", &policy, "--events", "500", "--format", "json"]);
    assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""));
    let rows: Vec<Value> = serde_json::from_str(&ended.out).unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["what"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "component",
            "imports",
            "cold start",
            "cached start",
            "instance without rules",
            "instance with the policy",
            "decision",
            "decision in a batch",
            "decision in JSON",
            "memory of the instance",
            "fuel of a decision",
        ]
    );
    for row in rows {
        let median = row["median"].as_u64().unwrap();
        assert_eq!(median == 0, row["what"] == "imports", "{row}");
        assert!(row["p99"].as_u64().is_none_or(|p99| p99 >= median), "{row}");
    }
}

#[test]
fn an_invalid_policy_is_not_measured() {
    let ended = tagseal(&["bench", &file("bench-broken.json", "{}"), "--events", "1"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    assert!(ended.error.contains("is invalid"), "{}", ended.error);
}
