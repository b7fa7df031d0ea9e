//! A PostgreSQL server of one test.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::free_port::free_address;
use crate::program;
use crate::tools::are_missing;

/// The user that Debian's package makes: a server does not run as root.
const USER: &str = "postgres";
/// The password of the one role.
const PASSWORD: &str = "correct horse";
/// How long the server may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// A PostgreSQL server of one test, in a folder of its own, which asks for a password.
#[derive(Debug)]
pub struct PostgresServer {
    folder: TempDir,
    programs: PathBuf,
    address: SocketAddr,
    /// Settings besides the usual ones.
    settings: Vec<String>,
    running: Option<Child>,
}

impl PostgresServer {
    /// Starts a server. Without PostgreSQL on this machine, says so and returns `None`, and fails in CI.
    ///
    /// # Panics
    ///
    /// It does not start.
    #[track_caller]
    pub fn start() -> Option<Self> {
        let mut server = Self::prepare()?;
        server.run();
        Some(server)
    }

    /// Starts a server that speaks with nobody but in TLS. Returns it, and the certificate of its authority.
    ///
    /// # Panics
    ///
    /// It does not start.
    #[track_caller]
    pub fn start_with_tls() -> Option<(Self, PathBuf)> {
        let mut server = Self::prepare()?;
        let folder = server.folder.path();
        let [authority, key] = ["ca.pem", "server.key"].map(|name| folder.join(name));
        fs::write(folder.join("names"), "subjectAltName=DNS:localhost").unwrap();
        let new_key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        for arguments in [
            format!("req -x509 {new_key} -keyout ca.key -out ca.pem -days 2 -subj /CN=authority"),
            format!("req {new_key} -keyout server.key -out server.csr -subj /CN=localhost"),
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out server.crt -extfile names"
                .to_owned(),
        ] {
            let mut command = Command::new("openssl");
            program::run(command.args(arguments.split(' ')).current_dir(folder)).succeeded();
        }
        program::run(Command::new("chmod").arg("600").arg(&key)).succeeded();
        fs::write(server.data().join("pg_hba.conf"), "hostssl all all all scram-sha-256\n").unwrap();
        let certificate = folder.join("server.crt");
        let settings =
            [("ssl", Path::new("on")), ("ssl_cert_file", certificate.as_path()), ("ssl_key_file", key.as_path())];
        server.settings = settings.map(|(name, value)| format!("{name}={}", value.display())).to_vec();
        server.own();
        server.run();
        Some((server, authority))
    }

    #[track_caller]
    fn prepare() -> Option<Self> {
        let Some(programs) = programs() else {
            are_missing(&["postgresql"]);
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let address = free_address();
        let server = Self { folder, programs, address, settings: Vec::new(), running: None };
        let password = server.folder.path().join("password");
        fs::write(&password, PASSWORD).unwrap();
        server.own();
        let mut command = server.command("initdb");
        command.arg("--pgdata").arg(server.data()).arg("--pwfile").arg(&password);
        command.args(["--username", "tagseal", "--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale"]);
        program::run(&mut command).succeeded();
        Some(server)
    }

    /// Gives its folder to the user that it runs as.
    fn own(&self) {
        if is_root() {
            let owner = format!("{USER}:{USER}");
            program::run(Command::new("chown").args(["-R", &owner]).arg(self.folder.path())).succeeded();
        }
    }

    /// Returns a URL of its database.
    pub fn url(&self) -> String {
        format!("postgres://tagseal:{}@{}/postgres", PASSWORD.replace(' ', "%20"), self.address)
    }

    /// Returns its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Runs statements of SQL.
    ///
    /// # Panics
    ///
    /// One of them fails.
    #[track_caller]
    pub fn execute(&self, statements: &str) {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", statements, &self.url()]);
        program::run(&mut command).succeeded();
    }

    /// Ends it at once, as a crash does.
    ///
    /// # Panics
    ///
    /// It does not run.
    pub fn crash(&mut self) {
        let mut child = self.running.take().unwrap();
        // The server ends all its processes on this signal, and recovers from its log when it is started again.
        program::run(Command::new("kill").args(["-QUIT", &child.id().to_string()])).succeeded();
        child.wait().unwrap();
    }

    /// Stops it from doing anything, or lets it go on: `STOP` or `CONT`.
    ///
    /// # Panics
    ///
    /// It does not run.
    pub fn signal_all(&self, signal: &str) {
        let main = self.running.as_ref().unwrap().id().to_string();
        let children = program::run(Command::new("pgrep").args(["-P", &main])).out;
        for process in children.split_whitespace().chain([main.as_str()]) {
            // One of them may have ended meanwhile.
            let _ = program::run(Command::new("kill").args([&format!("-{signal}"), process]));
        }
    }

    /// Starts it, and waits until it takes connections.
    ///
    /// # Panics
    ///
    /// It does not start.
    #[track_caller]
    pub fn run(&mut self) {
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).arg("-k").arg(self.folder.path());
        command.args(["-p", &self.address.port().to_string(), "-c", "listen_addresses=127.0.0.1"]);
        self.settings.iter().for_each(|setting| _ = command.args(["-c", setting]));
        let log = fs::File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        self.running = Some(command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
        let begun = Instant::now();
        while !self.is_ready() {
            let log = || fs::read_to_string(self.folder.path().join("log")).unwrap();
            assert!(begun.elapsed() < START_TIMEOUT, "{}", log());
            sleep(Duration::from_millis(50));
        }
    }

    fn is_ready(&self) -> bool {
        let mut command = Command::new(self.programs.join("pg_isready"));
        let port = self.address.port().to_string();
        program::run(command.args(["-h", "127.0.0.1", "-p", &port])).code == Some(0)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// One of its programs, run by a user who may.
    fn command(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", USER, "--regid", USER, "--init-groups", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.folder.path());
        command
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        if self.running.is_some() {
            self.signal_all("CONT");
        }
        if let Some(mut child) = self.running.take() {
            let _ = program::run(Command::new("kill").args(["-QUIT", &child.id().to_string()]));
            let _ = child.wait();
        }
    }
}

/// The folder of the newest server's programs.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path());
    let debian = versions.map(|version| version.join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = debian.chain(std::env::split_paths(&path)).filter(|it| has_server(it)).collect();
    folders.sort();
    folders.pop()
}

fn has_server(folder: &Path) -> bool {
    ["initdb", "postgres", "pg_isready"].iter().all(|name| folder.join(name).is_file())
}

fn is_root() -> bool {
    program::run(Command::new("id").arg("-u")).out.trim() == "0"
}
