//! A registry that keeps its manifests elsewhere, and sends readers there.

use std::sync::{Arc, Mutex};

use hyper::{HeaderMap, Method, Response, StatusCode};

use tagseal_test_support::image::{Image, OCI_IMAGE};
use tagseal_test_support::stack::{self, Act, Stack};

/// M11: all protected pushes were refused for ever.
#[tokio::test]
async fn m11_look_ups_follow_the_registry_to_its_storage_without_the_clients_credentials() {
    let stack = Stack::new().await;
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    stack.behind.push("prod/app", "v1", &first).await;
    stack.behind.upload("prod/app", &other).await;
    let (seen, bytes) = (Arc::new(Mutex::new(Vec::<HeaderMap>::new())), first.bytes.clone());
    let noted = Arc::clone(&seen);
    let storage = stack::serve(move |request| {
        noted.lock().unwrap().push(request.headers().clone());
        let mut response = Response::new(stack::own(bytes.clone()));
        response.headers_mut().insert("content-type", OCI_IMAGE.parse().unwrap());
        async move { response }
    })
    .await;
    for place in [format!("http://{storage}/store/v1?signature=x"), "/v2/prod/app/kept/v1".to_owned()] {
        let body = String::from_utf8(first.bytes.clone()).unwrap();
        stack.script(move |asked| match asked.method {
            Method::HEAD | Method::GET if asked.path == "/v2/prod/app/manifests/v1" => {
                Act::Answer(StatusCode::TEMPORARY_REDIRECT, vec![("location", place.clone())], String::new())
            }
            Method::GET if asked.path.contains("/kept/") => {
                Act::Answer(StatusCode::OK, vec![("content-type", OCI_IMAGE.to_owned())], body.clone())
            }
            _ => Act::Pass,
        });
        let put = |image: &Image| {
            let (client, bytes) = (stack.client.clone(), image.bytes.clone());
            let headers = [("content-type", OCI_IMAGE), ("authorization", "Bearer mine")];
            async move { client.ask(Method::PUT, "/v2/prod/app/manifests/v1", &headers, &bytes).await }
        };
        assert_eq!(put(&other).await.refusal(), "409 DENIED");
        assert_eq!(put(&first).await.status, 201, "the same image again");
    }
    let seen = seen.lock().unwrap();
    assert!(!seen.is_empty());
    assert!(seen.iter().all(|headers| !headers.contains_key("authorization")), "the storage gets no credentials");
}

#[tokio::test]
async fn m11_a_circle_of_redirects_ends() {
    let stack = Stack::new().await;
    let image = Image::oci("a");
    stack.behind.upload("prod/app", &image).await;
    stack.script(|asked| match asked.method {
        Method::HEAD | Method::GET => {
            Act::Answer(StatusCode::FOUND, vec![("location", "/v2/prod/app/manifests/v1".to_owned())], String::new())
        }
        _ => Act::Pass,
    });
    let refused = stack.client.put("prod/app", "v1", &image).await;
    assert_eq!(refused.refusal(), "503 UNAVAILABLE");
    assert!(refused.message().contains("more than 3 times"), "{}", refused.message());
}
