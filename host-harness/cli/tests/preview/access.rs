//! As whom a registry is asked: whoever has logged in, or the user of the flags, and only if it wants to know.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use http_body_util::BodyExt as _;
use hyper::{Method, Request, Response, StatusCode, body::Incoming};

use crate::{Finished, Folder, POLICY, answer, page, registry, run, tagseal};
use tagseal_test_support::free_port::free_address;
use tagseal_test_support::stack::{Act, Asked, Stack, own, serve};

/// `user:password` and `user:wrong`, in Base64.
const RIGHT: &str = "dXNlcjpwYXNzd29yZA==";
const WRONG: &str = "dXNlcjp3cm9uZw==";

const TAGS: [(&str, &[&str]); 3] = [("app", &["a"]), ("dev/app", &["a", "b", "c"]), ("prod/app", &["latest", "v1"])];

/// Previews a registry in pages of two, with the environment as a test sets it up.
async fn preview(stack: &Stack, arguments: &[&str], set_up: impl FnOnce(&mut Command)) -> Finished {
    let folder = Folder::new();
    let (policy, registry) = (folder.file("policy.json", POLICY), format!("http://{}", stack.behind_address()));
    let mut command = tagseal(&[&["preview", &policy, "--registry", &registry], arguments].concat());
    set_up(&mut command);
    run(command).await
}

/// The same as the user of the flags.
async fn preview_as(stack: &Stack, user: &str, password: &str) -> Finished {
    let folder = Folder::new();
    let password = std::fs::File::open(folder.file("password", format!("{password}\n"))).unwrap();
    preview(stack, &["--username", user, "--password-stdin"], |command| {
        command.stdin(password);
    })
    .await
}

fn authorization(asked: &Asked) -> &str {
    asked.headers.get("authorization").map_or("", |value| value.to_str().unwrap())
}

/// A registry that wants a password, unless it is only asked whether it is one.
async fn with_password() -> Stack {
    let stack = registry(&TAGS).await;
    stack.script(|asked| match authorization(asked) == format!("Basic {RIGHT}") {
        true => Act::Pages(2),
        false => answer(401, &[("www-authenticate", "Basic realm=\"registry\"")], ""),
    });
    stack
}

/// What the server that gives out tokens was asked: method, query, authorization, body.
type RuleSelector = Arc<Mutex<Vec<[String; 4]>>>;

/// A registry that wants a token of another server, one that is good for each list; and what that server was asked. It gives each
/// token once, and `times` pages for it.
async fn with_tokens(right: &'static str, times: usize) -> (Stack, RuleSelector) {
    let wanted: RuleSelector = Arc::default();
    let (asked, given) = (Arc::clone(&wanted), Arc::new(Mutex::new(0)));
    let tokens = serve(move |request: Request<Incoming>| {
        let (asked, given) = (Arc::clone(&asked), Arc::clone(&given));
        async move {
            let (parts, body) = request.into_parts();
            let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
            let query = parts.uri.query().unwrap_or_default().to_owned();
            let shown = parts.headers.get("authorization").map_or("", |it| it.to_str().unwrap()).to_owned();
            let is_right = if parts.method == Method::POST { body.contains(right) } else { shown == right };
            asked.lock().unwrap().push([parts.method.to_string(), query.clone(), shown, body.clone()]);
            let mut given = given.lock().unwrap();
            *given += 1;
            let scope = format!("{query}&{body}");
            let scope = scope.split('&').find_map(|pair| pair.strip_prefix("scope=")).unwrap_or_default();
            let mut response = Response::new(own(format!(r#"{{"access_token": "{scope}/{given}"}}"#)));
            if !is_right {
                *response.status_mut() = StatusCode::UNAUTHORIZED;
            }
            response
        }
    })
    .await;
    let stack = registry(&TAGS).await;
    let mut used = std::collections::BTreeMap::<String, usize>::new();
    stack.script(move |asked| {
        let path = asked.path.split('?').next().unwrap();
        let scope = match path.strip_prefix("/v2/").and_then(|path| path.strip_suffix("/tags/list")) {
            Some(name) => format!("repository:{name}:pull"),
            None => "registry:catalog:*".to_owned(),
        };
        let escaped = scope.replace(':', "%3A").replace('/', "%2F").replace('*', "%2A");
        let shown = authorization(asked);
        let uses = used.entry(shown.to_owned()).or_default();
        *uses += 1;
        if shown.starts_with(&format!("Bearer {escaped}/")) && *uses <= times {
            return Act::Pages(2);
        }
        let challenge =
            format!("Bearer realm=\"http://{tokens}/token?x=1\",service=\"the registry\",scope=\"{scope}\"");
        answer(401, &[("www-authenticate", &challenge)], "")
    });
    (stack, wanted)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_sent_once_the_registry_asks_for_it() {
    let stack = with_password().await;
    let ended = preview_as(&stack, "user", "password").await;
    assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""));
    assert!(
        ended.out.ends_with("6 tags by revision 12: 1 immutable (0 deletable), 0 exempt, 5 mutable\n"),
        "{}",
        ended.out
    );
    let asked = stack.asked_in_full();
    assert_eq!(asked.iter().filter(|asked| authorization(asked).is_empty()).count(), 2, "{asked:?}");
    stack.script(|_| Act::Pass);
    let ended = preview_as(&stack, "user", "password").await;
    assert_eq!(ended.code, Some(0));
    assert!(stack.asked_in_full().iter().all(|asked| authorization(asked).is_empty()), "it did not want to know");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_asked_for_each_list_and_the_password_goes_to_nobody_else() {
    let (stack, wanted) = with_tokens("Basic dXNlcjpwYXNzd29yZA==", usize::MAX).await;
    let ended = preview_as(&stack, "user", "password").await;
    assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""));
    assert!(
        ended.out.ends_with("6 tags by revision 12: 1 immutable (0 deletable), 0 exempt, 5 mutable\n"),
        "{}",
        ended.out
    );
    let mut wanted: Vec<_> =
        wanted.lock().unwrap().iter().map(|[method, query, ..]| format!("{method} {query}")).collect();
    wanted.sort();
    let query = |scope: &str| format!("GET x=1&service=the%20registry&scope={scope}");
    let scopes = [
        "registry%3Acatalog%3A%2A",
        "repository%3Aapp%3Apull",
        "repository%3Adev%2Fapp%3Apull",
        "repository%3Aprod%2Fapp%3Apull",
    ];
    assert_eq!(wanted, scopes.map(query));
    assert!(stack.asked_in_full().iter().all(|asked| !authorization(asked).starts_with("Basic")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_within_a_list_is_asked_for_again() {
    let (stack, wanted) = with_tokens("Basic dXNlcjpwYXNzd29yZA==", 1).await;
    let ended = preview_as(&stack, "user", "password").await;
    assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""));
    // Two lists of two pages, and two of one.
    assert_eq!(wanted.lock().unwrap().len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_logged_in_is_found_where_docker_and_podman_keep_them() {
    let stack = with_password().await;
    let home = Folder::new();
    let config = format!(r#"{{"auths": {{"http://{}/v1/": {{"auth": "{RIGHT}"}}}}}}"#, stack.behind_address());
    let containers = config.replace("http://", "").replace("/v1/", "");
    for (folder, file, text) in [(".docker", "config.json", &config), (".config/containers", "auth.json", &containers)]
    {
        std::fs::create_dir_all(home.path().join(folder)).unwrap();
        let path = home.file(&format!("{folder}/{file}"), text);
        let ended = preview(&stack, &[], |command| {
            command.env("HOME", home.path());
        })
        .await;
        assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""), "{path}");
        std::fs::remove_file(path).unwrap();
    }
    home.file("config.json", &config);
    let ended = preview(&stack, &[], |command| {
        command.env("DOCKER_CONFIG", home.path());
    })
    .await;
    assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""));
    let file = home.file("other.json", &containers);
    let ended = preview(&stack, &[], |command| {
        command.env("REGISTRY_AUTH_FILE", &file);
    })
    .await;
    assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_helper_is_asked_for_the_host_and_port() {
    let stack = with_password().await;
    let folder = Folder::new();
    let host = stack.behind_address();
    let helper = folder.file(
        "docker-credential-test",
        format!("#!/bin/sh\nread -r host\n[ \"$1 $host\" = 'get {host}' ] || {{ echo credentials not found in native keychain; exit 1; }}\n\
                  echo '{{\"ServerURL\": \"\", \"Username\": \"user\", \"Secret\": \"password\"}}'\n"),
    );
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    for config in [format!(r#"{{"credHelpers": {{"{host}": "test"}}}}"#), r#"{"credsStore": "test"}"#.to_owned()] {
        folder.file("config.json", &config);
        let set_up = |command: &mut Command| {
            command.env("DOCKER_CONFIG", folder.path()).env("PATH", &path);
        };
        let ended = preview(&stack, &[], set_up).await;
        assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""), "{config}");
    }
    folder.file("config.json", r#"{"credsStore": "that-is-not-there"}"#);
    let ended = preview(&stack, &[], |command| {
        command.env("DOCKER_CONFIG", folder.path());
    })
    .await;
    ended.failed(2, &["config.json`: its credential helper can't be run", "`--username` and `--password-stdin`"]);
    // A registry that does not want to know asks no helper.
    stack.script(|_| Act::Pass);
    let ended = preview(&stack, &[], |command| {
        command.env("DOCKER_CONFIG", folder.path());
    })
    .await;
    assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_token_is_exchanged() {
    let (stack, wanted) = with_tokens("refresh_token=the%20identity", usize::MAX).await;
    let folder = Folder::new();
    let auth = r#"{"auth": "MDAwMDo=", "identitytoken": "the identity"}"#;
    folder.file("config.json", format!(r#"{{"auths": {{"{}": {auth}}}}}"#, stack.behind_address()));
    let ended = preview(&stack, &[], |command| {
        command.env("DOCKER_CONFIG", folder.path());
    })
    .await;
    assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""));
    let wanted = wanted.lock().unwrap();
    let forms: Vec<&String> = wanted.iter().map(|[.., form]| form).collect();
    let expected = "grant_type=refresh_token&client_id=tagseal&refresh_token=the%20identity\
                    &service=the%20registry&scope=registry%3Acatalog%3A%2A";
    assert_eq!((forms.len(), forms[0].as_str()), (4, expected));
    assert!(wanted.iter().all(|[method, _, authorization, _]| method == "POST" && authorization.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_admitted_sees_what_to_do_and_no_secret_is_shown() {
    let shown = |ended: &Finished| {
        assert_eq!(ended.out, "");
        assert!(!ended.error.contains("wrong") && !ended.error.contains(WRONG), "{}", ended.error);
    };
    let stack = with_password().await;
    let login = format!("log in with `docker login {}`", stack.behind_address());
    preview(&stack, &[], |_| ()).await.failed(2, &["the registry answered 401", &login]);
    let ended = preview_as(&stack, "user", "wrong").await;
    ended.failed(2, &["the registry answered 401", "log in as a user who may read it"]);
    shown(&ended);
    assert_eq!(stack.asked_in_full().iter().filter(|asked| authorization(asked).ends_with(WRONG)).count(), 1, "once");

    let (stack, _) = with_tokens("Basic dXNlcjpwYXNzd29yZA==", usize::MAX).await;
    for repository in [&[][..], &["--repository", "prod/app"]] {
        let ended = preview(&stack, repository, |_| ()).await;
        ended.failed(
            2,
            &["/token?x=1`, which issues tokens for the registry, did not issue one: it answered 401", "docker login"],
        );
    }
    shown(&preview_as(&stack, "user", "wrong").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_gives_out_no_tokens_is_reported() {
    let stack = registry(&TAGS).await;
    let words = serve(|_| async { Response::new(own("{}")) }).await;
    let free = free_address();
    for (realm, expected) in [
        (format!("http://{words}/"), "its answer has no token"),
        (format!("http://{free}/"), "did not issue one: it can't be reached"),
        ("token".to_owned(), "its URL is invalid"),
        ("ftp://token.example/".to_owned(), "neither `http://` nor `https://`"),
        ("http://me:secret@token.example/".to_owned(), "it names a user"),
    ] {
        let challenge = format!("Bearer realm=\"{realm}\"");
        stack.script(move |_| answer(401, &[("www-authenticate", &challenge)], ""));
        preview(&stack, &["--repository", "app"], |_| ()).await.failed(2, &[&realm, expected]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_another_host_gets_neither_a_request_nor_a_password() {
    let elsewhere = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&elsewhere);
    let other = serve(move |request: Request<Incoming>| {
        heard.lock().unwrap().push(request.uri().clone());
        async { Response::new(own(r#"{"tags": ["stolen"]}"#)) }
    })
    .await;
    let stack = registry(&TAGS).await;
    stack.script(move |asked| {
        if authorization(asked) != format!("Basic {RIGHT}") {
            return answer(401, &[("www-authenticate", "Basic realm=\"registry\"")], "");
        }
        match asked.path.as_str() {
            "/v2/dev/app/tags/list?n=1000" => {
                page("tags", &["a"], Some(&format!("http://{other}/v2/dev/app/tags/list?last=a")))
            }
            "/v2/prod/app/tags/list?n=1000" => {
                page("tags", &["a"], Some(&format!("http://{other}/v2/stolen/tags/list?last=a")))
            }
            "/v2/app/tags/list?n=1000" => answer(307, &[("location", &format!("http://{other}/v2/app/tags/list"))], ""),
            _ => Act::Pass,
        }
    });
    let ended = preview_as(&stack, "user", "password").await;
    ended.failed(
        2,
        &[
            "the tags of `app` can't be read: the registry answered 307",
            "give the address that the answer redirects to",
        ],
    );
    let folder = Folder::new();
    let walk = async |repository: &str| {
        let password = std::fs::File::open(folder.file("password", "password")).unwrap();
        let flags = ["--repository", repository, "--username", "user", "--password-stdin", "--all"];
        preview(&stack, &flags, |command| {
            command.stdin(password);
        })
        .await
    };
    let ended = walk("dev/app").await;
    assert_eq!(ended.code, Some(0), "the registry itself goes on: {}", ended.error);
    assert!(ended.out.contains("mutable    dev/app:c\n") && !ended.out.contains("stolen"), "{}", ended.out);
    walk("prod/app")
        .await
        .failed(2, &["the tags of `prod/app` can't be read: the list continues at a place where it can't be followed"]);
    assert_eq!(*elsewhere.lock().unwrap(), Vec::<hyper::Uri>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_that_name_nobody_are_refused_before_anything_is_asked() {
    let stack = with_password().await;
    let given = async |arguments: &[&str], password: &'static str| {
        preview(&stack, arguments, |command| {
            let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
            command.stdin(child.stdout.take().unwrap());
            child.wait().unwrap();
        })
        .await
    };
    given(&["--username", "user", "--password-stdin"], "\n").await.failed(2, &["holds no password"]);
    given(&["--username", "us:er", "--password-stdin"], "password")
        .await
        .failed(2, &["`--username` is not a valid name"]);
    given(&["--username", "user"], "password").await.failed(2, &["--password-stdin"]);
    given(&["--password-stdin"], "password").await.failed(2, &["--username"]);
    given(&["--repository", "prod/*"], "").await.failed(2, &["`prod/*` is not a valid repository name"]);
    assert_eq!(stack.asked(), [""; 0]);
    let ended = run(tagseal(&["preview", "p.json", "--registry", "http://user:secret@registry"])).await;
    ended.failed(2, &["names a user", "`--username` and `--password-stdin`"]);
    assert!(!ended.error.contains("secret"), "{}", ended.error);
}
