//! Who sends a request, behind proxies, and the name of the request.

use hyper::Method;
use tagseal_gateway::{GatewaySettings, TrustedProxies};

use tagseal_test_support::image::{Image, OCI_IMAGE};
use tagseal_test_support::stack::{POLICY, Stack};

/// M12: the address is the client's, behind a proxy that is trusted, and the registry gets the name of the request.
#[tokio::test]
async fn m12_the_registry_gets_the_address_behind_trusted_proxies_and_the_name_of_the_request() {
    let trusted: TrustedProxies = ["127.0.0.0/8".parse().unwrap()].into_iter().collect();
    for (proxies, expected) in [(trusted, "198.51.100.1"), (TrustedProxies::default(), "127.0.0.1")] {
        let stack = Stack::with(POLICY, GatewaySettings::default().with_trusted_proxies(proxies)).await;
        let image = Image::oci("a");
        stack.behind.upload("prod/app", &image).await;
        stack.asked();
        let headers = [
            ("content-type", OCI_IMAGE),
            ("x-forwarded-for", "192.0.2.66, 198.51.100.1"),
            ("x-request-id", "build-7"),
            ("proxy-authorization", "Basic eDp5"),
        ];
        stack.client.ask(Method::PUT, "/v2/prod/app/manifests/v1", &headers, &image.bytes).await;
        stack.client.ask(Method::GET, "/v2/", &headers, b"").await;
        let asked = stack.asked_in_full();
        assert_eq!(asked.len(), 4);
        for asked in asked {
            assert_eq!(asked.headers["x-forwarded-for"], expected, "{} {}", asked.method, asked.path);
            assert_eq!(asked.headers["x-request-id"], "build-7");
            assert!(!asked.headers.contains_key("proxy-authorization"), "it is for a proxy");
        }
        stack.client.get("/v2/").await;
        assert_eq!(
            stack.asked_in_full()[0].headers["x-request-id"].len(),
            32,
            "the gateway makes one where the client has not"
        );
    }
}
