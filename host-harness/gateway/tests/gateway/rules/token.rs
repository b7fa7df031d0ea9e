//! Requests with and without the administrator's token.

use hyper::Method;
use tagseal_gateway::GatewaySettings;

use super::managed::{DOCUMENT, Managed, RULES, TOKEN};
use tagseal_test_support::stack::{POLICY, Stack};

const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
const PATHS: [&str; 9] = [
    RULES,
    "/tagseal/v1/rules/1",
    "/tagseal/v1/openapi.json",
    "/tagseal",
    "/tagseal/v1/nothing",
    "//tagseal/v1/rules",
    "/%74agseal/v1/rules",
    "/v2/../tagseal/v1/rules",
    "/TAGSEAL/v1/rules",
];
const BODY: &[u8] = br#"{"namespace": "prod", "preset": "latest"}"#;

#[tokio::test]
async fn a_gateway_without_a_token_in_its_settings_does_not_have_these_paths() {
    let stack = Stack::new().await;
    assert!(GatewaySettings::default().rules.is_none());
    let authorization = format!("Bearer {TOKEN}");
    let with = [("authorization", authorization.as_str()), ("content-type", "application/json")];
    for path in PATHS {
        for method in METHODS {
            for headers in [&[][..], &with] {
                let answer = stack.client.ask(method.clone(), path, headers, BODY).await;
                assert_eq!(answer.status, 404, "{method} {path}");
                assert_eq!(answer.header("www-authenticate"), "", "{method} {path}");
                if method != Method::HEAD {
                    assert_eq!(answer.refusal(), "404 UNSUPPORTED", "{method} {path}");
                }
            }
        }
    }
    assert_eq!(stack.asked(), [""; 0], "and the registry gets no request");
    assert_eq!(stack.active_policy.policy().unwrap().revision(), stack_revision());
}

fn stack_revision() -> u64 {
    serde_json::from_str::<serde_json::Value>(POLICY).unwrap()["revision"].as_u64().unwrap()
}

#[tokio::test]
async fn without_the_token_nothing_is_shown() {
    let managed = Managed::new(DOCUMENT).await;
    let short = TOKEN.get(1..).unwrap();
    let table: [(&[&str], &str); 9] = [
        (&[], "Bearer realm=\"tagseal\""),
        (&["Bearer"], "Bearer realm=\"tagseal\", error=\"invalid_token\""),
        (&["Bearer wrong"], "Bearer realm=\"tagseal\", error=\"invalid_token\""),
        (&[&format!("Bearer {short}")], "Bearer realm=\"tagseal\", error=\"invalid_token\""),
        (&[&format!("Bearer {TOKEN}x")], "Bearer realm=\"tagseal\", error=\"invalid_token\""),
        (&[&format!("Bearer {}", TOKEN.to_uppercase())], "Bearer realm=\"tagseal\", error=\"invalid_token\""),
        (&[&format!("Basic {TOKEN}")], "Bearer realm=\"tagseal\", error=\"invalid_token\""),
        (&[TOKEN], "Bearer realm=\"tagseal\", error=\"invalid_token\""),
        (&["Bearer wrong", &format!("Bearer {TOKEN}")], "Bearer realm=\"tagseal\", error=\"invalid_token\""),
    ];
    for (authorization, challenge) in table {
        let headers: Vec<_> = authorization.iter().map(|value| ("authorization", *value)).collect();
        let headers = [&headers[..], &[("content-type", "application/json")]].concat();
        for path in PATHS {
            for method in METHODS {
                let answer = managed.stack.client.ask(method.clone(), path, &headers, BODY).await;
                assert_eq!(answer.status, 401, "{method} {path} {authorization:?}");
                assert_eq!(answer.header("www-authenticate"), challenge, "{method} {path} {authorization:?}");
                if method != Method::HEAD {
                    assert_eq!(answer.refused(), "401 unauthorized", "{method} {path} {authorization:?}");
                }
                assert!(!format!("{answer:?}").contains(TOKEN), "{answer:?}");
            }
        }
    }
    assert_eq!((managed.document().as_str(), managed.revision()), (DOCUMENT, 7));
    assert_eq!(managed.stack.asked(), [""; 0]);
}

#[tokio::test]
async fn the_token_is_never_forwarded_to_the_registry() {
    let managed = Managed::new(DOCUMENT).await;
    for path in ["/v2/", "/v2/prod/app/manifests/v1", "/tagseals/v1/rules", "/", "/v2/tagseal/tags/list"] {
        for method in METHODS {
            let answer = managed.ask(method.clone(), path, &[], "").await;
            assert_eq!(answer.status, 403, "{method} {path}");
            if method != Method::HEAD {
                assert_eq!(answer.refusal(), "403 DENIED", "{method} {path}");
                assert!(answer.message().contains("must not see"), "{}", answer.message());
            }
        }
    }
    let headers = [("authorization", "Basic eDp5"), ("authorization", &format!("bearer {TOKEN}"))];
    assert_eq!(managed.stack.client.ask(Method::GET, "/v2/", &headers, b"").await.status, 403);
    assert_eq!(managed.stack.asked(), [""; 0]);
    // Tokens of the registry itself are forwarded as usual.
    let answer =
        managed.stack.client.ask(Method::GET, "/v2/", &[("authorization", "Bearer of-the-registry")], b"").await;
    assert_eq!(answer.status, 200);
    assert_eq!(managed.stack.asked_in_full()[0].headers["authorization"], "Bearer of-the-registry");
}
