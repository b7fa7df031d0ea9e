//! Something else than a list is never read as a list, and its content never controls the terminal.

use serde_json::json;

use crate::{Folder, POLICY, answer, lines_and_counts, page, preview, registry, run, tagseal};
use tagseal_test_support::free_port::free_address;
use tagseal_test_support::stack::Act;

const TAGS: [(&str, &[&str]); 2] = [("app", &["a"]), ("prod/app", &["v1", "v2", "v3", "v4"])];

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_goes_round_or_on_for_ever_is_left() {
    let stack = registry(&TAGS).await;
    for circle in [1, 2, 5, usize::MAX] {
        let mut turned = 0;
        stack.script(move |asked| {
            if !asked.path.contains("prod/app") {
                return Act::Pass;
            }
            turned += 1;
            page("tags", &["v1"], Some(&format!("/v2/prod/app/tags/list?last={}", turned % circle)))
        });
        preview(&stack, &[]).await.failed(2, &["the tags of `prod/app` can't be read: the list has no end"]);
        let asked = stack.asked().len();
        assert!(if circle < usize::MAX { asked < 20 } else { asked < 10_010 }, "{asked} requests for {circle}");
    }
    stack.script(|asked| match asked.path.contains("_catalog") {
        true => page("repositories", &["app"], Some("/v2/_catalog?last=app")),
        false => Act::Pass,
    });
    preview(&stack, &[]).await.failed(2, &["repositories can't be listed: the list has no end"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_page_is_refused() {
    let stack = registry(&TAGS).await;
    for (body, expected) in [
        ("", "EOF"),
        ("<html>login</html>", "expected value"),
        ("{}", "it has no list"),
        (r#"{"errors": [{"code": "DENIED"}]}"#, "it has no list"),
        (r#"{"tags": {"v1": 1}}"#, "expected a list of names"),
        (r#"{"tags": ["v1", 2]}"#, "invalid type"),
        (r#"{"tags": ["v1", "v2""#, "EOF"),
        (r#"{"tags": ["v1"], "tags": ["v2"]}"#, "duplicate field"),
        ("[[[[[[[[", "invalid type"),
    ] {
        stack.script(move |asked| match asked.path.contains("prod/app") {
            true => answer(200, &[], body),
            false => Act::Pass,
        });
        let ended = preview(&stack, &["--all"]).await;
        ended.failed(
            2,
            &[
                "the tags of `prod/app` can't be read: a page could not be read: ",
                expected,
                "1 tag and 1 whole repository",
            ],
        );
        assert!(!ended.out.contains("prod/app"), "{}", ended.out);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_hundred_mebibytes_is_not_read_to_its_end() {
    let stack = registry(&TAGS).await;
    let page = format!(r#"{{"tags": ["v1"{}"v2"]}}"#, " ".repeat(100 << 20));
    stack.script(move |asked| match asked.path.contains("prod/app") {
        true => answer(200, &[], page.clone()),
        false => Act::Pass,
    });
    preview(&stack, &[]).await.failed(2, &["a page could not be read: it has more than 16777216 bytes"]);
    // Nested as deep as it fits.
    let page = format!(r#"{{"more": {}, "tags": ["v1"]}}"#, "[".repeat(15 << 20));
    stack.script(move |asked| match asked.path.contains("prod/app") {
        true => answer(200, &[], page.clone()),
        false => Act::Pass,
    });
    preview(&stack, &[]).await.failed(2, &["the tags of `prod/app` can't be read: a page could not be read: "]);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_names_are_counted_and_reported_but_never_shown() {
    let stack = registry(&TAGS).await;
    let long = "t".repeat(129);
    let tags: Vec<String> =
        ["v1", "\u{1b}[31mred", "v2\nimmutable  prod/app:fake", "", ".x", "a/b", &long, "é"].map(Into::into).into();
    stack.script(move |asked| {
        if asked.path.contains("_catalog") {
            page("repositories", &["Prod/app", "../../etc", "prod/app", "a?b=c", "prod/app\u{202e}"], None)
        } else if asked.path.contains("prod/app") {
            page("tags", &tags.iter().map(String::as_str).collect::<Vec<_>>(), None)
        } else {
            Act::Pass
        }
    });
    for format in ["text", "json"] {
        let ended = preview(&stack, &["--all", "--format", format]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.error.contains("warning: 11 names that no repository or tag can have"), "{}", ended.error);
        for part in ["\u{1b}", "red", "fake", "etc", "\u{202e}", "é", &long, "a/b"] {
            assert!(!ended.out.contains(part) && !ended.error.contains(part), "`{part}` is in {ended:?}");
        }
    }
    assert_eq!(lines_and_counts(&preview(&stack, &["--format", "json"]).await).1["illegal"], json!(11));
    let mut asked = stack.asked();
    asked.sort();
    asked.dedup();
    assert_eq!(asked, ["GET /v2/", "GET /v2/_catalog?n=1000", "GET /v2/prod/app/tags/list?n=1000"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn something_else_than_a_registry_is_reported() {
    let folder = Folder::new();
    let policy = folder.file("policy.json", POLICY);
    let free = free_address();
    let walk = async |address: &str| run(tagseal(&["preview", &policy, "--registry", address])).await;
    walk(&format!("http://{free}")).await.failed(2, &["no registry answers at", "refused"]);
    walk("registry:5000")
        .await
        .failed(2, &["`registry:5000` is not the address of a registry", "write `http://HOST:PORT`"]);
    let stack = registry(&TAGS).await;
    stack.script(|_| answer(200, &[("content-type", "text/html")], "<html>"));
    preview(&stack, &[]).await.failed(2, &["there is no registry at", "a web page"]);
    stack.script(|_| answer(301, &[("location", "https://registry.example/v2/")], ""));
    preview(&stack, &[]).await.failed(2, &["there is no registry at", "give the address"]);
}
