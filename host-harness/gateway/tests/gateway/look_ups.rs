//! Look-ups before a decision: what the registry is asked, with whose credentials, and what its answers mean.

use std::sync::Arc;
use std::time::Duration;

use hyper::{Method, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Barrier, Notify};
use tokio::time::{sleep, timeout};

use tagseal_test_support::image::{Image, OCI_IMAGE};
use tagseal_test_support::stack::{Act, Stack, at_once};

/// The number of pushes at one time, of which none must wait for another.
const PUSHES: usize = 24;

fn plain(status: u16, headers: Vec<(&'static str, String)>, body: &str) -> Act {
    Act::Answer(StatusCode::from_u16(status).unwrap(), headers, body.to_owned())
}

#[tokio::test]
async fn a_tag_is_absent_only_if_it_is_not_in_the_list_either() {
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
async fn an_unclear_answer_of_the_registry_means_unknown_and_nothing_is_forwarded() {
    let listed = r#"{"name": "prod/app", "tags": ["v0", "v1"]}"#;
    let empty = r#"{"name": "prod/app", "tags": null}"#;
    let next = |target: &str| vec![("link", format!("<{target}>; rel=\"next\""))];
    let table = [
        ("500 on the tag", plain(500, vec![], ""), plain(200, vec![], empty)),
        ("a redirect of the tag to nowhere", plain(307, vec![], ""), plain(307, vec![], "")),
        ("a 400", plain(400, vec![], ""), plain(200, vec![], empty)),
        ("listed, but not there", plain(404, vec![], ""), plain(200, vec![], listed)),
        ("500 on the list", plain(404, vec![], ""), plain(500, vec![], "")),
        ("an answer that is not a list", plain(404, vec![], ""), plain(200, vec![], "<html>")),
        (
            "a list that continues at another place",
            plain(404, vec![], ""),
            plain(200, next("/v2/other/tags/list?n=2"), empty),
        ),
        ("a list without an end", plain(404, vec![], ""), plain(200, next("/v2/prod/app/tags/list?n=1000"), empty)),
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
        let widened = challenge.replace(":pull\"", ":pull,push\"");
        assert_eq!((refused.header("www-authenticate"), refused.header("retry-after")), (widened.as_str(), "7"));
        assert_eq!(stack.asked(), ["HEAD /v2/prod/app/manifests/v1"]);
    }
}

#[tokio::test]
async fn look_ups_have_the_clients_credentials_and_accept_every_kind_of_manifest() {
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
async fn if_the_registry_does_not_name_a_digest_the_manifest_is_read() {
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
    stack.behind.push("prod/app", "v1", &image).await;
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

/// Lists are read at the same time, also if the registry is far away.
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

/// Four large lists are held at one time, and the fifth one waits.
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
async fn a_tag_on_a_later_page_protects_its_manifest() {
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
async fn a_delete_with_unknown_tags_is_refused_for_now() {
    for broken in ["/v2/prod/app/tags/list?n=1000", "/v2/prod/app/manifests/latest"] {
        let stack = Stack::new().await;
        let (kept, moved) = (Image::oci("kept"), Image::oci("moved"));
        stack.behind.push("prod/app", "v1", &kept).await;
        stack.behind.push("prod/app", "latest", &kept).await;
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
        // If no rule protects anything, the tags do not matter.
        stack.client.push("team/app", "v1", &moved).await;
        assert_eq!(stack.client.delete(&format!("/v2/team/app/manifests/{}", moved.digest())).await.status, 202);
    }
}

/// A push whose head has come, and whose manifest has not.
struct Slow(TcpStream);

impl Slow {
    async fn begin(stack: &Stack, tag: &str, image: &Image) -> Self {
        let mut stream = TcpStream::connect(stack.address).await.unwrap();
        let (length, kind) = (image.bytes.len(), image.media_type);
        let head = format!(
            "PUT /v2/prod/app/manifests/{tag} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {kind}\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        Self(stream)
    }

    /// Sends the manifest, and returns the answer.
    async fn end(mut self, image: &Image) -> String {
        self.0.write_all(&image.bytes).await.unwrap();
        let mut answer = String::new();
        self.0.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

/// Waits for this request at the registry.
async fn is_asked(stack: &Stack, request: &str) {
    let asked = async {
        while !stack.asked().iter().any(|asked| asked == request) {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(5), asked).await.unwrap_or_else(|_| panic!("the registry was never asked {request}"));
}

/// A stack whose gateway knows all tags of a repository, by its first push.
async fn adopted(images: &[&Image]) -> Stack {
    let stack = Stack::new().await;
    for image in images {
        stack.client.upload("prod/app", image).await;
    }
    assert_eq!(stack.client.put("prod/app", "v0", images[0]).await.status, 201);
    sleep(Duration::from_millis(200)).await;
    stack.asked();
    stack
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_push_is_looked_up_once_and_while_its_manifest_arrives() {
    let image = Image::oci("a");
    let stack = adopted(&[&image]).await;
    let slow = Slow::begin(&stack, "v1", &image).await;
    is_asked(&stack, "HEAD /v2/prod/app/manifests/v1").await;
    let answer = slow.end(&image).await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(stack.asked(), ["PUT /v2/prod/app/manifests/v1"], "it is not looked up again");
    // One that comes at once is looked up once too.
    assert_eq!(stack.client.put("prod/app", "v2", &image).await.status, 201);
    assert_eq!(stack.asked(), ["HEAD /v2/prod/app/manifests/v2", "PUT /v2/prod/app/manifests/v2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_looked_up_early_counts_only_if_nobody_pushed_since() {
    let (image, other) = (Image::oci("a"), Image::oci("b"));
    let stack = adopted(&[&image, &other]).await;
    let slow = Slow::begin(&stack, "v1", &image).await;
    is_asked(&stack, "HEAD /v2/prod/app/manifests/v1").await;
    assert_eq!(stack.client.put("prod/app", "v1", &other).await.status, 201);
    let answer = slow.end(&image).await;
    assert!(answer.starts_with("HTTP/1.1 409"), "{answer}");
    assert_eq!(stack.behind.resolve("prod/app", "v1").await, other.digest());
}

/// A push in doubt that the registry carries out after the early look-up, and that another request finds out.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_looked_up_early_does_not_count_where_a_push_was_in_doubt() {
    let (image, other) = (Image::oci("a"), Image::oci("b"));
    let stack = adopted(&[&image, &other]).await;
    let carry_out = Arc::new(Notify::new());
    let late = Arc::clone(&carry_out);
    stack.script(move |asked| match asked.method {
        Method::PUT => Act::Late(StatusCode::BAD_GATEWAY, "", Arc::clone(&late)),
        _ => Act::Pass,
    });
    assert_eq!(stack.client.put("prod/app", "v1", &other).await.status, 502);
    stack.script(|_| Act::Pass);
    let slow = Slow::begin(&stack, "v1", &image).await;
    sleep(Duration::from_millis(200)).await;
    carry_out.notify_one();
    while stack.behind.resolve("prod/app", "v1").await.is_empty() {
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(stack.client.put("prod/app", "v1", &other).await.status, 201, "the same content settles it");
    let answer = slow.end(&image).await;
    assert!(answer.starts_with("HTTP/1.1 409"), "{answer}");
    assert_eq!(stack.behind.resolve("prod/app", "v1").await, other.digest());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_rule_protects_is_not_looked_up_early_either() {
    let image = Image::oci("a");
    let stack = adopted(&[&image]).await;
    let slow = Slow::begin(&stack, "latest", &image).await;
    sleep(Duration::from_millis(200)).await;
    let answer = slow.end(&image).await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(stack.asked(), ["PUT /v2/prod/app/manifests/latest"]);
}
