use serde_json::Value;

use crate::{folder, tagseal};
use tagseal_test_support::free_port::free_address;

#[test]
fn each_row_is_measured_both_ways() {
    let arguments = ["load-test", "--pushes", "120", "--clients", "3", "--blobs", "1", "--format", "json"];
    let ended = tagseal(&arguments);
    assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""));
    let rows: Vec<Value> = serde_json::from_str(&ended.out).unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["what"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "first push of a tag",
            "the same image again",
            "another image, refused",
            "push of `latest`, unprotected",
            "pull of a manifest",
            "manifests of 3 clients",
            "images of 3 clients",
            "upload of 32 MiB",
            "download of 32 MiB",
        ]
    );
    for row in rows {
        let figure = |way: &str, which: &str| row[way][which].as_u64().unwrap();
        let is_time = row["unit"] == "nanoseconds";
        for way in ["alone", "through"] {
            let (median, p99) = (figure(way, "median"), figure(way, "p99"));
            assert!(if is_time { 0 < median && median <= p99 } else { 0 < p99 && p99 <= median }, "{row}");
        }
        assert!(row["times"].as_f64().unwrap() > 0.0, "{row}");
    }
}

#[test]
fn people_get_a_table() {
    let ledger = folder("load-test").join("ledger.db");
    let flags = ["--pushes", "1", "--clients", "16", "--blobs", "1", "--ledger", ledger.to_str().unwrap()];
    let ended = tagseal(&[&["load-test"][..], &flags].concat());
    assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""));
    assert!(ended.out.contains("registry alone        through the gateway\n"), "{}", ended.out);
    assert!(ended.out.lines().all(|line| line.chars().count() <= 100), "{}", ended.out);
}

#[test]
fn what_can_not_be_measured_is_reported() {
    let free = free_address();
    for (upstream, part) in [
        (&*format!("http://{free}"), "can't be reached"),
        ("https://registry.example", "it uses TLS"),
        ("registry:5000", "write `http://HOST:PORT`"),
    ] {
        let ended = tagseal(&["load-test", "--upstream", upstream]);
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{upstream}");
        assert!(ended.error.contains(part), "`{part}` is not in {}", ended.error);
    }
}
