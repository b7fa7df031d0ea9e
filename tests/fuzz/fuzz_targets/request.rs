//! Any text as the method and target of a request: `PUT /v2/prod/app/manifests/v1`.
//!
//! What goes on to the registry is written from the parts that were read. It must be read as the same parts again, and
//! hold nothing that another reader could take for something else.
#![no_main]

use hyper::{HeaderMap, Method, Uri};
use libfuzzer_sys::fuzz_target;
use tagseal_distribution::reference::Reference;
use tagseal_distribution::request::RegistryRequest;
use tagseal_distribution::route::Route;

fuzz_target!(|text: &str| {
    let Some((method, target)) = text.split_once(' ') else { return };
    if let Ok(route) = Route::parse(target) {
        assert_eq!(Route::parse(&route.path()), Ok(route.clone()), "{target}");
    }
    let (Ok(method), Ok(uri)) = (Method::from_bytes(method.as_bytes()), target.parse::<Uri>()) else { return };
    let headers = HeaderMap::new();
    let Ok(request) = RegistryRequest::parse(&method, &uri, &headers) else { return };
    let Some(forwarded) = forwarded(&request) else {
        assert!(method.is_safe(), "{method} {target} is taken for a read");
        return;
    };
    let path = forwarded.split('?').next().unwrap_or_default();
    assert!(!path.contains(['%', '\\', ';', '#']) && !path.contains("//"), "{forwarded}");
    assert!(!path.split('/').any(|part| part == "." || part == ".."), "{forwarded}");
    let again = forwarded.parse::<Uri>().expect("what is forwarded is a target");
    assert_eq!(RegistryRequest::parse(&method, &again, &headers).as_ref(), Ok(&request), "{forwarded}");
});

/// The path and query that a write is forwarded with. A read goes on as it came.
fn forwarded(request: &RegistryRequest) -> Option<String> {
    let (route, query) = match request {
        RegistryRequest::Read => return None,
        RegistryRequest::Push(push) => return Some(push.path()),
        RegistryRequest::Upload(_, path) => return Some(path.clone()),
        RegistryRequest::DeleteTag(repository, tag, query) => {
            (Route::Manifest(repository.clone(), Reference::Tag(tag.clone())), query)
        }
        RegistryRequest::DeleteManifest(repository, digest, query) => {
            (Route::Manifest(repository.clone(), Reference::Digest(digest.clone())), query)
        }
        RegistryRequest::DeleteBlob(repository, digest, query) => {
            (Route::Blob(repository.clone(), digest.clone()), query)
        }
    };
    Some(route.path() + &query.suffix())
}
