//! `tagseal serve` with TLS, towards clients and towards the registry.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};

use crate::TAGSEAL;
use tagseal_gateway::{Server, Tls, TlsFiles};
use tagseal_test_support::folder::Folder;
use tagseal_test_support::image::Image;
use tagseal_test_support::registry::Registry;
use tagseal_test_support::serving::Serving;
use tagseal_test_support::stack::{POLICY, Stack};
use tagseal_test_support::tools::are_installed;

/// An issuer of certificates, with a file of its own certificate.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) certificate: String,
}

impl Authority {
    pub(crate) fn new(folder: &Folder, name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = folder.file(&format!("{name}.pem"), params.self_signed(&key).unwrap().pem());
        Self { issuer: Issuer::new(params, key), certificate }
    }

    /// Issues a certificate for this machine, and writes it and its key to files.
    pub(crate) fn issue(&self, folder: &Folder, name: &str) -> (String, String) {
        let mut params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        (folder.file(&format!("{name}.pem"), certificate), folder.file(&format!("{name}.key"), key.serialize_pem()))
    }
}

/// Asks with curl, which knows nothing of us. Returns the status, or `000` where no connection was made.
fn curl(address: SocketAddr, flags: &[&str]) -> String {
    let url = format!("https://{address}/v2/");
    let mut command = Command::new("curl");
    command.args(["--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--max-time", "20"]);
    String::from_utf8(command.args(flags).arg(url).output().unwrap().stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_get_the_certificate_of_the_file_also_after_it_was_replaced() {
    if !are_installed(&["curl"]) {
        return;
    }
    let (stack, folder) = (Stack::new().await, Folder::new());
    let policy = folder.file("policy.json", POLICY);
    let [old, new] = ["old", "new"].map(|name| Authority::new(&folder, name));
    let (certificate, key) = old.issue(&folder, "gateway");
    let flags = ["--tls-certificate", &certificate, "--tls-key", &key];
    let upstream = format!("http://{}", stack.behind_address());
    let (serving, address) = Serving::start_with(TAGSEAL, &policy, &upstream, &flags);
    assert_eq!(curl(address, &["--cacert", &old.certificate]), "200");
    assert_eq!(curl(address, &["--cacert", &new.certificate]), "000");

    // A key that does not belong to the certificate is not used.
    let (other_certificate, other_key) = new.issue(&folder, "other");
    fs::copy(&other_key, &key).unwrap();
    serving.signal("-HUP");
    serving.log_until("the gateway's certificate can't be loaded; the old one stays");
    serving.log_until("the files were loaded again");
    assert_eq!(curl(address, &["--cacert", &old.certificate]), "200");

    fs::copy(&other_certificate, &certificate).unwrap();
    serving.signal("-HUP");
    serving.log_until("the files were loaded again");
    assert_eq!(curl(address, &["--cacert", &new.certificate]), "200");
    assert_eq!(curl(address, &["--cacert", &old.certificate]), "000");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_chooses_http2_or_http1_and_the_metrics_say_when_the_certificate_ends() {
    if !are_installed(&["curl"]) {
        return;
    }
    let (stack, folder) = (Stack::new().await, Folder::new());
    let policy = folder.file("policy.json", POLICY);
    let authority = Authority::new(&folder, "issuer");
    let (certificate, key) = authority.issue(&folder, "gateway");
    let flags = ["--tls-certificate", &certificate, "--tls-key", &key, "--status-listen", "127.0.0.1:0"];
    let upstream = format!("http://{}", stack.behind_address());
    let (serving, address) = Serving::start_with(TAGSEAL, &policy, &upstream, &flags);
    let with_version = |choice: &str| {
        let flags = ["--cacert", &authority.certificate, choice, "--write-out", "%{http_code} by %{http_version}"];
        curl(address, &flags)
    };
    assert_eq!(with_version("--http2"), "200 by 2");
    assert_eq!(with_version("--http1.1"), "200 by 1.1");

    let line = serving.log_until("health and metrics are at ").pop().unwrap();
    let status = Registry::at(line.rsplit_once("http://").unwrap().1.trim());
    let text = String::from_utf8(status.get("/metrics").await.body.to_vec()).unwrap();
    let name = "tagseal_certificate_ends_timestamp_seconds ";
    let ends: f64 = text.lines().find_map(|line| line.strip_prefix(name)).expect("the metric").parse().unwrap();
    let der = tagseal_distribution::certificate_file::read_certificates(certificate.as_ref()).unwrap();
    let by_openssl = ends_by_openssl(&der);
    assert!(by_openssl.is_none_or(|expected| expected == ends), "{ends}, not {by_openssl:?}");
}

/// Returns when a certificate ends, by a program that knows nothing of us, in seconds since 1970.
fn ends_by_openssl(certificates: &[impl AsRef<[u8]>]) -> Option<f64> {
    if !are_installed(&["openssl"]) {
        return None;
    }
    let file = Folder::new();
    let path = file.file("certificate.der", certificates[0].as_ref());
    let flags = ["x509", "-inform", "DER", "-in", &path, "-noout", "-enddate", "-dateopt", "iso_8601"];
    let said = String::from_utf8(Command::new("openssl").args(flags).output().unwrap().stdout).unwrap();
    let time = said.trim().strip_prefix("notAfter=").unwrap().replacen(' ', "T", 1);
    let time: jiff::Timestamp = time.parse().unwrap();
    Some(time.as_second() as f64)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_needs_a_certificate_where_issuers_are_named() {
    if !are_installed(&["curl"]) {
        return;
    }
    let (stack, folder) = (Stack::new().await, Folder::new());
    let policy = folder.file("policy.json", POLICY);
    let [server, clients] = ["server", "clients"].map(|name| Authority::new(&folder, name));
    let (certificate, key) = server.issue(&folder, "gateway");
    let flags = ["--tls-certificate", &certificate, "--tls-key", &key, "--tls-client-ca", &clients.certificate];
    let upstream = format!("http://{}", stack.behind_address());
    let (_serving, address) = Serving::start_with(TAGSEAL, &policy, &upstream, &flags);
    let trusting = ["--cacert", server.certificate.as_str()];
    assert_eq!(curl(address, &trusting), "000");
    for (authority, expected) in [(&clients, "200"), (&server, "000")] {
        let (certificate, key) = authority.issue(&folder, "client");
        assert_eq!(curl(address, &[&trusting[..], &["--cert", &certificate, "--key", &key]].concat()), expected);
    }
}

/// Serves the registry of a stack over TLS, for clients with a certificate of an issuer.
async fn secure_registry(stack: &Stack, identity: (String, String), clients: &Authority) -> SocketAddr {
    let client_authorities = Some(PathBuf::from(&clients.certificate));
    let tls =
        Tls::load(TlsFiles { certificate: identity.0.into(), key: identity.1.into(), client_authorities }).unwrap();
    let server = Server::bind(([127, 0, 0, 1], 0).into()).await.unwrap().with_tls(Some(tls));
    let address = server.address().unwrap();
    let registry = Arc::new(stack.gateway.clone());
    let answer = move |request, peer| {
        let registry = Arc::clone(&registry);
        async move { registry.answer(request, peer).await }
    };
    tokio::spawn(server.run(answer, std::future::pending()));
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_is_trusted_by_its_issuer_and_sees_who_asks() {
    let (stack, folder) = (Stack::new().await, Folder::new());
    let policy = folder.file("policy.json", POLICY);
    let [servers, clients] = ["servers", "clients"].map(|name| Authority::new(&folder, name));
    let address = secure_registry(&stack, servers.issue(&folder, "registry"), &clients).await;
    let upstream = format!("https://{address}");
    let (certificate, key) = clients.issue(&folder, "gateway");
    let all = ["--upstream-ca", &servers.certificate, "--upstream-certificate", &certificate, "--upstream-key", &key];

    let serve = |flags: &[&str]| {
        let usual = ["serve", "--policy", &policy, "--upstream", &upstream, "--listen", "127.0.0.1:0"];
        TAGSEAL.run(&[&usual[..], flags].concat())
    };
    serve(&[]).failed(2, &["no secure connection can be made", "--upstream-ca"]);
    serve(&all[..2]).failed(2, &["there is no registry at"]);
    serve(&["--upstream-ca", &policy]).failed(2, &["has no certificate"]);
    serve(&[&all[..4], &["--upstream-key", &certificate]].concat()).failed(2, &["has no private key"]);

    let (serving, gateway) = Serving::start_with(TAGSEAL, &policy, &upstream, &all);
    let client = Registry::at(gateway);
    assert_eq!(client.push("prod/app", "v1", &Image::oci("first")).await.status, 201);

    // From now on, the registry's issuer is not trusted. Connections that are open may go on.
    fs::copy(&clients.certificate, &servers.certificate).unwrap();
    serving.signal("-HUP");
    serving.log_until("the files were loaded again");
}
