//! What the registry is asked before a decision, as whom, and what its answers are taken for.

use std::sync::Arc;

use hyper::{Method, StatusCode};
use tokio::sync::Barrier;

use crate::client::{Image, OCI_IMAGE};
use crate::stack::{Act, Stack, at_once};

/// Pushes at one time, where one must not wait for another.
const PUSHES: usize = 24;

fn plain(status: u16, headers: Vec<(&'static str, String)>, body: &str) -> Act {
    Act::Answer(StatusCode::from_u16(status).unwrap(), headers, body.to_owned())
}

#[tokio::test]
async fn an_absent_tag_is_absent_by_the_list_too() {
    let stack = Stack::new().await;
    let image = Image::oci("a");
    stack.client.upload("prod/app", &image).await;
    stack.asked();
    assert_eq!(stack.client.put("prod/app", "v1", &image).await.status, 201);
    let expected =
        ["HEAD /v2/prod/app/manifests/v1", "GET /v2/prod/app/tags/list?n=1000", "PUT /v2/prod/app/manifests/v1"];
    assert_eq!(stack.asked(), expected);
}

#[tokio::test]
async fn what_the_registry_does_not_plainly_say_is_unknown_and_nothing_is_passed_on() {
    let listed = r#"{"name": "prod/app", "tags": ["v0", "v1"]}"#;
    let empty = r#"{"name": "prod/app", "tags": null}"#;
    let next = |target: &str| vec![("link", format!("<{target}>; rel=\"next\""))];
    let table = [
        ("500 on the tag", plain(500, vec![], ""), plain(200, vec![], empty)),
        ("a redirect of the tag", plain(307, vec![("location", "/elsewhere".into())], ""), plain(200, vec![], empty)),
        ("a 400", plain(400, vec![], ""), plain(200, vec![], empty)),
        ("listed, but not there", plain(404, vec![], ""), plain(200, vec![], listed)),
        ("500 on the list", plain(404, vec![], ""), plain(500, vec![], "")),
        ("a list that is none", plain(404, vec![], ""), plain(200, vec![], "<html>")),
        ("a list that goes on elsewhere", plain(404, vec![], ""), plain(200, next("/v2/other/tags/list?n=2"), empty)),
        (
            "a list that goes on for ever",
            plain(404, vec![], ""),
            plain(200, next("/v2/prod/app/tags/list?n=1000"), empty),
        ),
        (
            "a list whose next page is not there",
            plain(404, vec![], ""),
            plain(200, next("/v2/prod/app/tags/list?last=v0"), empty),
        ),
        ("silence", Act::Silent(at_once()), plain(200, vec![], empty)),
    ];
    for (case, head, list) in table {
        let stack = if case == "silence" { Stack::impatient().await } else { Stack::new().await };
        let image = Image::oci("a");
        stack.client.upload("prod/app", &image).await;
        stack.asked();
        stack.script(move |asked| match asked.method {
            Method::HEAD => head.clone(),
            Method::GET if asked.path.ends_with("last=v0") => plain(404, vec![], ""),
            Method::GET => list.clone(),
            _ => Act::Pass,
        });
        let refused = stack.client.put("prod/app", "v1", &image).await;
        assert_eq!(refused.refusal(), "503 UNAVAILABLE", "{case}");
        assert_eq!(refused.header("retry-after"), "1", "{case}");
        assert!(stack.asked().iter().all(|asked| !asked.starts_with("PUT")), "{case}");
        stack.client.upload("prod/app", &image).await;
        assert_eq!(stack.client.put("prod/app", "latest", &image).await.status, 201, "{case}: no rule asks what it is");
    }
}

#[tokio::test]
async fn the_registrys_own_refusals_reach_the_client_with_their_challenge() {
    let challenge =
        "Bearer realm=\"https://auth.example/token\",service=\"registry\",scope=\"repository:prod/app:pull\"";
    let table = [(401, "UNAUTHORIZED"), (403, "DENIED"), (429, "TOOMANYREQUESTS")];
    for (status, code) in table {
        let stack = Stack::new().await;
        let image = Image::oci("a");
        stack.client.upload("prod/app", &image).await;
        stack.asked();
        let headers = vec![("www-authenticate", challenge.to_owned()), ("retry-after", "7".to_owned())];
        stack.script(move |asked| match asked.method {
            Method::HEAD => plain(status, headers.clone(), ""),
            _ => Act::Pass,
        });
        let refused = stack.client.put("prod/app", "v1", &image).await;
        assert_eq!(refused.refusal(), format!("{status} {code}"));
        assert_eq!((refused.header("www-authenticate"), refused.header("retry-after")), (challenge, "7"));
        assert_eq!(stack.asked(), ["HEAD /v2/prod/app/manifests/v1"]);
    }
}

#[tokio::test]
async fn look_ups_go_as_the_client_and_ask_for_every_kind_of_manifest() {
    let stack = Stack::new().await;
    let image = Image::oci("a");
    stack.client.upload("prod/app", &image).await;
    stack.asked();
    let headers = [("content-type", OCI_IMAGE), ("authorization", "Bearer mine"), ("x-forwarded-user", "admin")];
    stack.client.ask(Method::PUT, "/v2/prod/app/manifests/v1", &headers, &image.bytes).await;
    let asked = stack.asked_in_full();
    assert_eq!(asked.len(), 3);
    for asked in &asked {
        assert_eq!(asked.headers["authorization"], "Bearer mine", "{} {}", asked.method, asked.path);
        assert_eq!(asked.headers["x-forwarded-for"], "127.0.0.1");
        assert!(!asked.headers.contains_key("x-forwarded-user"));
    }
    let accept = asked[0].headers["accept"].to_str().unwrap();
    for kind in ["oci.image.index", "oci.image.manifest", "manifest.list.v2", "manifest.v2", "manifest.v1", "*/*"] {
        assert!(accept.contains(kind), "{kind} is not in {accept}");
    }
}

#[tokio::test]
async fn where_the_registry_does_not_name_a_digest_the_manifest_is_read() {
    let stack = Stack::new().await;
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    stack.client.push("prod/app", "v1", &first).await;
    stack.client.upload("prod/app", &other).await;
    stack.script(|asked| match asked.method {
        Method::HEAD => Act::Without(&["docker-content-digest"]),
        _ => Act::Pass,
    });
    stack.asked();
    assert_eq!(stack.client.put("prod/app", "v1", &first).await.status, 201);
    let expected = ["HEAD /v2/prod/app/manifests/v1", "GET /v2/prod/app/manifests/v1", "PUT /v2/prod/app/manifests/v1"];
    assert_eq!(stack.asked(), expected);
    assert_eq!(stack.client.put("prod/app", "v1", &other).await.refusal(), "409 DENIED");
}

#[tokio::test]
async fn a_list_in_pages_is_read_to_its_end() {
    let stack = Stack::new().await;
    let image = Image::oci("a");
    stack.client.push("prod/app", "v1", &image).await;
    let page = |tags: &str, next: Option<&str>| {
        let link = next.map(|next| ("link", format!("<http://registry.example{next}>; rel=\"next\"")));
        plain(200, link.into_iter().collect(), &format!(r#"{{"tags": [{tags}]}}"#))
    };
    let first = page(r#""v1""#, Some("/v2/prod/app/tags/list?last=v1&n=1"));
    let second = page(r#""v2""#, None);
    stack.script(move |asked| match (&asked.method, asked.path.contains("last=")) {
        (&Method::HEAD, _) => plain(404, vec![], ""),
        (&Method::GET, false) => first.clone(),
        (&Method::GET, true) => second.clone(),
        _ => Act::Pass,
    });
    let refused = stack.client.put("prod/app", "v2", &image).await;
    assert_eq!(refused.refusal(), "503 UNAVAILABLE", "it stands on the second page");
    assert_eq!(stack.client.put("prod/app", "v3", &image).await.status, 201, "it stands on neither");

    let (first, gone) = (page(r#""v1""#, Some("/v2/prod/app/tags/list?last=v1&n=1")), plain(404, vec![], ""));
    stack.script(move |asked| match (&asked.method, asked.path.contains("last=")) {
        (&Method::HEAD, _) => plain(404, vec![], ""),
        (&Method::GET, false) => first.clone(),
        (&Method::GET, true) => gone.clone(),
        _ => Act::Pass,
    });
    let refused = stack.client.put("prod/app", "v4", &image).await;
    assert_eq!(refused.refusal(), "503 UNAVAILABLE", "nobody knows what stands on a page that is not there");
}

/// Lists are read beside each other, also where the registry is far away.
#[tokio::test]
async fn no_push_waits_for_the_list_of_another() {
    let stack = Stack::new().await;
    let image = Image::oci("a");
    stack.client.upload("prod/app", &image).await;
    let reading = Arc::new(Barrier::new(PUSHES));
    let together = Arc::clone(&reading);
    stack.script(move |asked| match asked.path.contains("/tags/list") {
        true => Act::Meet(Arc::clone(&together)),
        false => Act::Pass,
    });
    stack.client.put_at_once("prod/app", &image, PUSHES).await;
}

/// Four large lists at a time are held, and whoever comes fifth waits.
#[tokio::test]
async fn large_lists_wait_for_each_other_and_all_are_read() {
    let stack = Stack::new().await;
    let image = Image::oci("a");
    stack.client.upload("prod/app", &image).await;
    let names: Vec<String> = (0..50_000).map(|number| format!("\"other-{number}\"")).collect();
    let large = plain(200, vec![], &format!(r#"{{"tags": [{}]}}"#, names.join(",")));
    stack.script(move |asked| if asked.path.contains("/tags/list") { large.clone() } else { Act::Pass });
    stack.client.put_at_once("prod/app", &image, PUSHES).await;
}

#[tokio::test]
async fn a_tag_on_a_later_page_keeps_its_manifest() {
    let stack = Stack::new().await;
    let (kept, moved) = (Image::oci("kept"), Image::oci("moved"));
    stack.client.push("prod/app", "latest", &moved).await;
    stack.client.push("prod/app", "v1", &kept).await;
    stack.script(|_| Act::Pages(1));
    stack.asked();
    let refused = stack.client.delete(&format!("/v2/prod/app/manifests/{}", kept.digest())).await;
    assert_eq!(refused.refusal(), "405 DENIED");
    let lists: Vec<_> = stack.asked().into_iter().filter(|asked| asked.contains("/tags/list")).collect();
    assert_eq!(lists, ["GET /v2/prod/app/tags/list?n=1000", "GET /v2/prod/app/tags/list?n=1&last=latest"]);
}

#[tokio::test]
async fn a_delete_whose_tags_are_not_known_is_refused_for_now() {
    for broken in ["/v2/prod/app/tags/list?n=1000", "/v2/prod/app/manifests/latest"] {
        let stack = Stack::new().await;
        let (kept, moved) = (Image::oci("kept"), Image::oci("moved"));
        stack.client.push("prod/app", "v1", &kept).await;
        stack.client.push("prod/app", "latest", &kept).await;
        stack.client.push("prod/app", &moved.digest(), &moved).await;
        stack.script(move |asked| match asked.method {
            Method::GET if asked.path == broken => plain(500, vec![], ""),
            _ => Act::Pass,
        });
        stack.asked();
        let refused = stack.client.delete(&format!("/v2/prod/app/manifests/{}", moved.digest())).await;
        assert_eq!(refused.refusal(), "503 UNAVAILABLE", "{broken}");
        assert_eq!(refused.header("retry-after"), "1");
        assert!(stack.asked().iter().all(|asked| !asked.starts_with("DELETE")));
        // Where no rule keeps anything, nobody needs to know.
        stack.client.push("team/app", "v1", &moved).await;
        assert_eq!(stack.client.delete(&format!("/v2/team/app/manifests/{}", moved.digest())).await.status, 202);
    }
}
