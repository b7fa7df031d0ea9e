//! References as people paste them, in every command that takes one.

use tagseal_test_support::program::Finished;

use crate::{decisions, digest, file, tagseal, tagseal_given};

/// Rules for the namespaces `prod` and `nginx`, and one that makes every tag of a repository named like a host immutable.
const POLICY: &str = r#"{"version": 1, "rules": [
    {"id": 1, "namespace": "prod", "preset": "latest", "exempt": ["signatures", "referrers"]},
    {"id": 2, "namespace": "nginx", "preset": "latest", "exempt": ["signatures", "referrers"]},
    {"id": 3, "namespace": "my.team", "preset": "latest", "exempt": ["signatures", "referrers"]}]}"#;

const DIGEST: &str = "sha256:9d3f0e0f5d3c0b1f4d2a5a7d9c1e8b6f3a2d4c5e6f708192a3b4c5d6e7f80910";

/// What `explain`, `decide` and `preview` say about one reference.
fn ask(name: &str, reference: &str, flags: &[&str]) -> [Finished; 3] {
    let policy = file(&format!("reference-{name}.json"), POLICY);
    let (a, b) = (digest('a'), digest('b'));
    let explain = [&["explain", &policy, reference][..], flags].concat();
    let decide =
        [&["decide", &policy, "--write", reference, "--digest", &b, "--current", &a, "--format", "json"], flags];
    let preview = [&["preview", &policy, "--all"][..], flags].concat();
    [tagseal(&explain), tagseal(&decide.concat()), tagseal_given(&preview, reference.as_bytes())]
}

#[track_caller]
fn assert_read(name: &str, reference: &str, flags: &[&str], read: &str, decision: &str, notes: &[&str]) {
    let [explained, decided, previewed] = ask(name, reference, flags);
    assert!(explained.out.starts_with(&format!("{read}, by revision 0\n")), "{reference}: {explained:?}");
    assert_eq!(decisions(&decided), [decision], "{reference}: {decided:?}");
    let rows = previewed
        .out
        .lines()
        .filter(|line| line.contains(&format!("  {read} ")) || line.ends_with(&format!("  {read}")));
    assert!(rows.count() >= 1, "{reference}: {previewed:?}");
    for ended in [&explained, &decided, &previewed] {
        assert_eq!(ended.error.matches("note: ").count(), notes.len(), "{reference}: {ended:?}");
        for note in notes {
            assert!(ended.error.contains(note), "{reference}: `{note}` is not in {ended:?}");
        }
    }
}

#[test]
fn a_pasted_reference_is_about_the_repository_without_its_host() {
    let host = "the registry's host";
    let with_digest = format!("prod/app:v1@{DIGEST}");
    for (name, reference, notes) in [
        ("plain", "prod/app:v1", &[][..]),
        ("host", "registry.example.com/prod/app:v1", &[host, "`registry.example.com`"]),
        ("port", "registry.example.com:5000/prod/app:v1", &[host, "`registry.example.com:5000`"]),
        ("local-port", "localhost:5000/prod/app:v1", &[host]),
        ("local", "localhost/prod/app:v1", &[host]),
        ("ip", "10.0.0.7:5000/prod/app:v1", &[host]),
        ("ipv6", "[::1]:5000/prod/app:v1", &[host, "`[::1]:5000`"]),
        ("docker", "docker://registry.example.com/prod/app:v1", &[host]),
        ("https", "https://registry.example.com/v2/prod/app/manifests/v1", &[host]),
        ("digest", &with_digest, &["the digest"]),
    ] {
        // Two expected texts can be in one note.
        let count = usize::from(!notes.is_empty());
        let [explained, ..] = ask(name, reference, &[]);
        assert_eq!(explained.error.matches("note: ").count(), count, "{reference}: {explained:?}");
        notes.iter().for_each(|note| assert!(explained.error.contains(note), "{reference}: {explained:?}"));
        let first = notes.get(..count).unwrap_or_default();
        assert_read(name, reference, &[], "prod/app:v1", "deny immutable", first);
    }
}

#[test]
fn a_literal_reference_keeps_a_component_that_looks_like_a_host() {
    assert_read("dotted", "my.group/app:v1", &[], "app:v1", "allow unprotected", &["the registry's host"]);
    assert_read("literal", "my.team/app:v1", &["--literal"], "my.team/app:v1", "deny immutable", &[]);
}

#[test]
fn a_host_that_is_the_namespace_of_a_rule_too_is_refused_without_a_choice() {
    let error = "`my.team` may be a registry's host, or the namespace `my.team`, for which the policy has a rule\n\
                 help: add `--literal` if the repository's name begins with `my.team`, or leave the host out\n";
    let [explained, decided, previewed] = ask("ambiguous", "my.team/app:v1", &[]);
    let previewed_error = previewed.error.replace("line 1: ", "");
    for (ended, shown) in [(&explained, &explained.error), (&decided, &decided.error), (&previewed, &previewed_error)] {
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{ended:?}");
        assert_eq!(shown, &format!("error: {error}"));
    }
    let policy = file("reference-ambiguous-rules.json", POLICY);
    let manifest = format!("my.team/app@{DIGEST}");
    for arguments in [
        &["decide", &policy, "--write", "my.team/app", "--digest", DIGEST][..],
        &["decide", &policy, "--delete", "my.team/app:v1"],
        &["decide", &policy, "--delete-manifest", &manifest, "--tags="],
        &["rules", "override", &policy, "my.team/app:v1", "--for", "2h", "--reason", "x"],
        &["rules", "end-override", &policy, "my.team/app:v1"],
    ] {
        let ended = tagseal(arguments);
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{arguments:?}: {ended:?}");
        assert!(ended.error.ends_with(&format!("error: {error}")), "{arguments:?}: {ended:?}");
        assert_eq!(tagseal(&[arguments, &["--format", "json"]].concat()).code, Some(2), "{arguments:?}");
    }
    // A scheme or a port says that it is a host.
    for (name, reference) in [("scheme", "docker://my.team/app:v1"), ("with-port", "my.team:443/app:v1")] {
        assert_read(name, reference, &[], "app:v1", "allow unprotected", &["the registry's host"]);
    }
}

#[test]
fn a_repository_that_is_named_like_a_namespace_is_not_in_it() {
    let note = "repository `nginx` has no namespace";
    assert_read("nginx", "nginx:1.2.3", &[], "nginx:1.2.3", "allow unprotected", &[note]);
    assert_read("other", "apache:1.2.3", &[], "apache:1.2.3", "allow unprotected", &[]);
}

#[test]
fn a_text_without_a_tag_is_an_error() {
    let only_digest = format!("prod/app@{DIGEST}");
    for (name, reference, error) in [
        ("no-tag", "prod/app", "write `:latest` if that is meant"),
        ("only-digest", &*only_digest, "a digest is not a tag"),
        ("capital", "Prod/app:v1", "has the capital letter `P`"),
        ("empty-tag", "prod/app:", "`prod/app:` has nothing after its last `:`"),
        ("empty-repository", ":v1", "`:v1` has no repository"),
    ] {
        let [explained, _, previewed] = ask(name, reference, &[]);
        assert_eq!((explained.code, explained.out.as_str()), (Some(2), ""), "{reference}: {explained:?}");
        assert!(explained.error.contains(error), "{reference}: {explained:?}");
        assert_eq!(previewed.code, Some(1), "{reference}: {previewed:?}");
        let policy = file(&format!("reference-delete-{name}.json"), POLICY);
        let deleted = tagseal(&["decide", &policy, "--delete", reference]);
        assert_eq!((deleted.code, deleted.out.as_str()), (Some(2), ""), "{reference}: {deleted:?}");
        assert!(deleted.error.contains(error), "{reference}: {deleted:?}");
    }
}

#[test]
fn events_in_json_stay_literal() {
    let policy = file("reference-events.json", POLICY);
    let event = r#"{"delete-tag": {"repository": "my.team/app", "tag": "v1"}}"#;
    let ended = tagseal_given(&["decide", &policy], event.as_bytes());
    assert_eq!((decisions(&ended), ended.error.as_str()), (vec!["deny immutable".to_owned()], ""));
}

#[test]
fn a_host_is_left_out_of_a_manifest_and_of_a_push_by_digest_too() {
    let policy = file("reference-manifest.json", POLICY);
    let manifest = format!("registry.example.com/prod/app@{DIGEST}");
    let ended = tagseal(&["decide", &policy, "--delete-manifest", &manifest, "--tags", "v1"]);
    assert_eq!(decisions(&ended), ["deny immutable"], "{ended:?}");
    let ended = tagseal(&["decide", &policy, "--write", "registry.example.com/prod/app", "--digest", DIGEST]);
    assert_eq!(decisions(&ended), ["allow unprotected"], "{ended:?}");
    assert!(ended.error.contains("the registry's host"), "{ended:?}");
}
