//! What a walk shows, in which order, and what it asks for.

use serde_json::json;

use crate::{POLICY, answer, decided, lines_and_counts, page, preview, registry, shown};
use tagseal_test_support::stack::Act;

const SIGNATURE: &str = "sha256-e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.sig";

/// Tags of every kind, in the order in which a registry lists them.
const TAGS: [(&str, &[&str]); 6] = [
    ("app", &["1.0.0", "edge"]),
    ("dev/app", &["1.0.0", "1.0.1", "2024.01.15", "edge", "latest", "v2.0.0", "x..y"]),
    ("dev/private", &["a"]),
    ("free/app", &["1.0.0", "a", "latest"]),
    ("prod/app", &["1.0.0", "latest", SIGNATURE, "v1", "v2", "v3"]),
    ("prod/team/app", &["_x", "latest"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_tag_is_shown_once_in_the_order_of_the_registry_and_as_decide_says() {
    let tags: Vec<(String, String)> =
        TAGS.iter().flat_map(|(name, tags)| tags.iter().map(|tag| (name.to_string(), tag.to_string()))).collect();
    let expected = decided(POLICY, &tags).await;
    for pages in [1, 2, 3, 7, 1000] {
        let stack = registry(&TAGS).await;
        stack.script(move |_| Act::Pages(pages));
        let ended = preview(&stack, &["--all", "--format", "json"]).await;
        assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""), "in pages of {pages}");
        let (lines, counts) = lines_and_counts(&ended);
        let order: Vec<_> = shown(&lines).into_keys().collect();
        let listed = lines.iter().map(|line| (line["repository"].as_str().unwrap(), line["tag"].as_str().unwrap()));
        assert!(listed.eq(tags.iter().map(|(repository, tag)| (&**repository, &**tag))), "{}", ended.out);
        assert_eq!(order.len(), lines.len());
        assert_eq!(shown(&lines), expected, "in pages of {pages}");
        assert_eq!(counts["counts"], json!({"tags": 21, "immutable": 13, "deletable": 1, "exempt": 1, "mutable": 7}));
        assert_eq!((&counts["revision"], &counts["illegal"]), (&json!(12), &json!(0)));
        let of = |namespace| counts["namespaces"].as_array().unwrap().iter().find(|it| it["namespace"] == namespace);
        assert_eq!(of(json!(null)).unwrap()["tags"], 2);
        assert_eq!(of(json!("prod")).unwrap()["immutable"], 5);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_shown_what_is_immutable_and_the_counts() {
    let stack = registry(&TAGS).await;
    let ended = preview(&stack, &[]).await;
    let lines: Vec<&str> = ended.out.lines().collect();
    for line in [
        "immutable  app:1.0.0                                 rule 4 (namespace *), pair 1",
        "immutable  dev/private:a                             rule 4 (namespace *), pair 0",
        "immutable  free/app:a                                rule 2 (namespace free), pair 0, deletion allowed",
        "immutable  prod/team/app:_x                          rule 1 (namespace prod), pair 0",
        "prod                              8          5          0          1          2",
    ] {
        assert!(lines.contains(&line), "`{line}` is not in\n{}", ended.out);
    }
    assert_eq!(lines.last(), Some(&"21 tags by revision 12: 13 immutable (1 deletable), 1 exempt, 7 mutable"));
    assert!(!ended.out.contains("latest") && !ended.out.contains(SIGNATURE), "{}", ended.out);
    let all = preview(&stack, &["--all"]).await.out;
    assert!(all.lines().any(|line| line == "mutable    prod/app:latest"), "{all}");
    assert!(all.contains(&format!("exempt     prod/app:{SIGNATURE}")), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn named_repositories_are_walked_without_the_catalogue() {
    let stack = registry(&TAGS).await;
    let names = ["prod/team/app", "app", "prod/team/app"].map(|name| ["--repository", name]).concat();
    let ended = preview(&stack, &[&names[..], &["--format", "json"]].concat()).await;
    let (lines, counts) = lines_and_counts(&ended);
    let repositories: Vec<_> = lines.iter().map(|line| line["repository"].as_str().unwrap()).collect();
    assert_eq!((repositories, &counts["counts"]["tags"]), (vec!["prod/team/app", "app"], &json!(4)));
    let mut asked = stack.asked();
    asked.sort();
    assert_eq!(asked, ["GET /v2/", "GET /v2/app/tags/list?n=1000", "GET /v2/prod/team/app/tags/list?n=1000"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_lists_no_repositories_is_reported_with_what_to_do() {
    let stack = registry(&TAGS).await;
    for (status, code) in
        [(401, "UNAUTHORIZED"), (403, "DENIED"), (404, "UNSUPPORTED"), (405, "UNSUPPORTED"), (501, "UNSUPPORTED")]
    {
        let body = json!({"errors": [{"code": code, "message": "no\u{1b}[2J catalogue"}]}).to_string();
        stack.script(move |asked| match asked.path.contains("_catalog") {
            true => answer(status, &[], body.clone()),
            false => Act::Pass,
        });
        let ended = preview(&stack, &[]).await;
        let said = format!("can't be listed: the registry answered {status}");
        ended.failed(2, &[&said, code, "no�[2J catalogue", "`--repository NAME` for each"]);
        assert_eq!(ended.error.contains("docker login"), matches!(status, 401 | 403), "{}", ended.error);
        assert_eq!(ended.out, "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_repository_that_is_gone_has_no_tags_and_a_named_one_must_be_there() {
    let stack = registry(&TAGS).await;
    stack.script(|asked| match asked.path.contains("_catalog") {
        true => page("repositories", &["app", "gone/app", "prod/team/app"], None),
        false => Act::Pass,
    });
    let ended = preview(&stack, &["--format", "json"]).await;
    assert_eq!((ended.code, &lines_and_counts(&ended).1["counts"]["tags"]), (Some(0), &json!(4)), "{ended:?}");
    let ended = preview(&stack, &["--repository", "app", "--repository", "gone/app"]).await;
    ended.failed(
        2,
        &["the tags of `gone/app` can't be read: the registry answered 404", "2 tags and 1 whole repository"],
    );
    // A list whose path is unknown is not an empty list.
    stack.script(|asked| match asked.path.contains("tags/list") {
        true => answer(404, &[], "404 page not found"),
        false => Act::Pass,
    });
    preview(&stack, &[]).await.failed(2, &["the tags of `app` can't be read: the registry answered 404"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_read_by_half_is_an_error_that_says_how_far_it_came() {
    let stack = registry(&TAGS).await;
    for (broken, far) in [
        ("/v2/dev/app/tags/list?n=2&last=1.0.1", "4 tags and 1 whole repository"),
        ("/v2/prod/app/tags/list?n=1000", "13 tags and 4 whole repositories"),
        ("/v2/_catalog?n=2&last=dev%2Fapp", "9 tags and 2 whole repositories"),
    ] {
        for spoilt in [answer(500, &[], ""), answer(404, &[], r#"{"errors": [{"code": "NAME_UNKNOWN"}]}"#)] {
            if broken.ends_with("n=1000") && matches!(&spoilt, Act::Answer(status, ..) if *status == 404) {
                continue;
            }
            stack.script(move |asked| if asked.path == broken { spoilt.clone() } else { Act::Pages(2) });
            let ended = preview(&stack, &["--all", "--format", "json"]).await;
            ended.failed(2, &[far, "only a part was shown"]);
            assert!(!ended.out.contains("counts"), "there are no counts of a part: {}", ended.out);
            assert_eq!(ended.out.lines().count().to_string(), far.split(' ').next().unwrap(), "{broken}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_asks_to_wait_is_asked_again() {
    let stack = registry(&TAGS).await;
    let mut patience = 3;
    stack.script(move |asked| {
        if asked.path.contains("dev/app") && patience > 0 {
            patience -= 1;
            return answer(if patience == 1 { 503 } else { 429 }, &[("retry-after", "0")], "");
        }
        Act::Pass
    });
    let ended = preview(&stack, &["--format", "json"]).await;
    assert_eq!((ended.code, &lines_and_counts(&ended).1["counts"]["tags"]), (Some(0), &json!(21)), "{ended:?}");
    stack.script(|asked| match asked.path.contains("dev/app") {
        true => answer(429, &[("retry-after", "0")], ""),
        false => Act::Pass,
    });
    preview(&stack, &[]).await.failed(2, &["the tags of `dev/app` can't be read: the registry answered 429"]);
}
