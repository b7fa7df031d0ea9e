//! The real parts: Debian's registry, and the clients that people push with.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

const TOOLS: [&str; 4] = ["docker-registry", "skopeo", "buildah", "umoci"];

/// Whether the real parts are there. Where they are not, says so past the test runner's capture, and fails in CI.
pub(crate) fn are_there() -> bool {
    let missing: Vec<_> = TOOLS.into_iter().filter(|tool| !is_there(tool)).collect();
    if missing.is_empty() {
        return true;
    }
    let message = format!("\nNOT TESTED with real parts, which are missing: apt-get install {}\n", missing.join(" "));
    std::io::stderr().write_all(message.as_bytes()).unwrap();
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{message}");
    false
}

fn is_there(tool: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| folder.join(tool).is_file())
}

/// A folder of its own, gone at the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("tagseal-real-{}-{}", std::process::id(), NUMBER.fetch_add(1, SeqCst));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A program that ends with the test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Debian's registry, on a free port, with deletes on.
pub(crate) struct DockerRegistry {
    pub(crate) address: SocketAddr,
    _running: Running,
}

impl DockerRegistry {
    pub(crate) fn start(folder: &Folder) -> Self {
        let store = folder.path().join("store");
        let config = format!(
            "version: 0.1\nlog: {{level: info}}\nstorage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}\n\
             http: {{addr: \"127.0.0.1:0\"}}\n",
            store.display()
        );
        let file = folder.path().join("registry.yml");
        fs::write(&file, config).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&file).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut running = Running(command.spawn().unwrap());
        let mut log = BufReader::new(running.0.stderr.take().unwrap()).lines().map(Result::unwrap);
        let line = log.find(|line| line.contains("listening on")).expect("the registry listens");
        // The registry must not wait for somebody to read its log.
        std::thread::spawn(move || log.for_each(drop));
        let address = line.split("listening on ").nth(1).unwrap().split('"').next().unwrap();
        Self { address: address.parse().unwrap(), _running: running }
    }
}

/// What a program said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) fine: bool,
    pub(crate) text: String,
}

impl Said {
    /// It must have ended well.
    #[track_caller]
    pub(crate) fn fine(self) -> String {
        assert!(self.fine, "{}", self.text);
        self.text
    }

    /// It must have ended with an error that says all of this.
    #[track_caller]
    pub(crate) fn refused(&self, parts: &[&str]) {
        assert!(!self.fine, "it was not refused: {}", self.text);
        for part in parts {
            assert!(self.text.contains(part), "`{part}` is not in: {}", self.text);
        }
    }
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> Said {
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    Said { fine: status.success(), text }
}

/// `skopeo`, which copies images between folders and registries.
pub(crate) fn skopeo(arguments: &[&str]) -> Said {
    run(Command::new("skopeo").arg("--insecure-policy").args(arguments))
}

/// `buildah`, with a storage of its own in that folder.
pub(crate) fn buildah(folder: &Folder, arguments: &[&str]) -> Said {
    let (root, runroot) = (folder.path().join("root"), folder.path().join("run"));
    let mut command = Command::new("buildah");
    command.args(["--storage-driver", "vfs", "--root"]).arg(root).arg("--runroot").arg(runroot);
    run(command.env("BUILDAH_ISOLATION", "chroot").args(arguments))
}

/// Makes an image with that label in the folder's layout, and gives how skopeo names it: `oci:FOLDER/oci:a`.
pub(crate) fn umoci(folder: &Folder, label: &str) -> String {
    let layout = folder.path().join("oci");
    if !layout.exists() {
        run(Command::new("umoci").arg("init").arg("--layout").arg(&layout)).fine();
    }
    let image = format!("{}:{label}", layout.display());
    run(Command::new("umoci").args(["new", "--image", &image])).fine();
    let content = folder.path().join(format!("content-{label}"));
    fs::write(&content, label).unwrap();
    run(Command::new("umoci").args(["insert", "--image", &image]).arg(&content).arg("/content")).fine();
    run(Command::new("umoci").args(["config", "--image", &image, "--config.label", &format!("label={label}")])).fine();
    format!("oci:{image}")
}
